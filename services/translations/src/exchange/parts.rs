//! The parts of a text: its value and its attributes, and in each the placeholders.

/// A stretch of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    Text(&'t str),
    /// With its braces. Nothing in it is to be translated.
    Code(&'t str),
}

/// The value (without a name) and the attributes, in their order. `text` is in its usual form.
pub(crate) fn split(text: &str) -> Vec<(Option<String>, String)> {
    let mut parts: Vec<(Option<String>, Vec<&str>)> = Vec::new();
    for line in text.split('\n') {
        match line.strip_prefix('.').and_then(|rest| rest.split_once(" =")) {
            Some((name, rest)) => parts.push((Some(name.to_owned()), vec![rest.strip_prefix(' ').unwrap_or(rest)])),
            None => match parts.last_mut() {
                Some((Some(_), lines)) => lines.push(line.strip_prefix("    ").unwrap_or(line)),
                Some((None, lines)) => lines.push(line),
                None => parts.push((None, vec![line])),
            },
        }
    }
    let whole = |lines: Vec<&str>| lines.join("\n").trim_matches('\n').to_owned();
    parts.into_iter().map(|(name, lines)| (name, whole(lines))).collect()
}

/// The text of these parts.
pub(crate) fn join(parts: &[(Option<String>, String)]) -> String {
    let written = parts.iter().map(|(name, text)| match name {
        None => text.clone(),
        Some(name) if text.contains('\n') => format!(".{name} =\n    {}", text.replace('\n', "\n    ")),
        Some(name) => format!(".{name} = {text}"),
    });
    written.collect::<Vec<String>>().join("\n")
}

/// Text and placeholders in turn. What holds words itself, a selection, stays text.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut begun = 0;
    let mut at = 0;
    while let Some(opening) = text[at..].find('{').map(|found| at + found) {
        let Some(end) = closing(text, opening) else { break };
        let code = &text[opening..end];
        if !has_selection(code) && !code.contains('\n') {
            if begun < opening {
                pieces.push(Piece::Text(&text[begun..opening]));
            }
            pieces.push(Piece::Code(code));
            begun = end;
        }
        at = end;
    }
    if begun < text.len() {
        pieces.push(Piece::Text(&text[begun..]));
    }
    pieces
}

/// The end of the placeable that begins with the brace at `opening`.
fn closing(text: &str, opening: usize) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (offset, byte) in text.as_bytes()[opening..].iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' if depth > 0 => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(opening + offset + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether there is a choice between forms in it.
pub(crate) fn has_selection(text: &str) -> bool {
    text.contains("->")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_apart_and_together() {
        let text = "Hello\nworld\n.title = Short { $a }\n.hint =\n    Two\n      lines";
        let parts = split(text);
        assert_eq!(parts[0], (None, "Hello\nworld".to_owned()));
        assert_eq!(parts[1], (Some("title".to_owned()), "Short { $a }".to_owned()));
        assert_eq!(parts[2], (Some("hint".to_owned()), "Two\n  lines".to_owned()));
        assert_eq!(join(&parts), text);
        assert_eq!(join(&split(".only = x")), ".only = x");
    }

    #[test]
    fn placeholders_are_found_and_selections_are_text() {
        let text = r#"Hi { $a }{ "}" }, { $n ->
    [one] x { $n }
   *[other] y
} end"#;
        let found = pieces(text);
        assert_eq!(found[..4], [Piece::Text("Hi "), Piece::Code("{ $a }"), Piece::Code(r#"{ "}" }"#), found[3]]);
        assert!(matches!(found[3], Piece::Text(rest) if rest.starts_with(", { $n") && rest.ends_with("end")));
        assert_eq!(pieces("open {"), [Piece::Text("open {")]);
    }
}
