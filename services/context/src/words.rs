//! The text of items: for the search, for the engine, for people.

use serde_json::Value;

/// More text of a value than this is not kept for the search, in bytes.
const MOST_TEXT: usize = 64 * 1024;
/// In characters.
const LONGEST_LABEL: usize = 60;

/// Lower-case letters, digits and hyphens, beginning with a letter.
pub(crate) fn is_slug(text: &str) -> bool {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(known)
}

/// Of the value as JSON, in bytes.
pub(crate) fn size(value: &Value) -> i64 {
    i64::try_from(value.to_string().len()).unwrap_or(i64::MAX)
}

/// All text of the value, a line each; figures and words of truth are left out, names of members are not text.
pub(crate) fn text_of(value: &Value) -> String {
    let mut text = String::new();
    collect(value, &mut text);
    text
}

fn collect(value: &Value, text: &mut String) {
    match value {
        Value::String(part) if text.len() + part.len() <= MOST_TEXT => {
            text.push_str(part);
            text.push('\n');
        }
        Value::Array(parts) => parts.iter().for_each(|part| collect(part, text)),
        Value::Object(parts) => parts.values().for_each(|part| collect(part, text)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What is searched: in lower case, because the engines fold case differently.
pub(crate) fn search_text(kind: &str, title: Option<&str>, value: &Value) -> String {
    format!("{kind}\n{}\n{}", title.unwrap_or_default(), text_of(value)).to_lowercase()
}

/// A pattern for `LIKE … ESCAPE '\'` that finds the word anywhere.
pub(crate) fn contains(word: &str) -> String {
    let mut pattern = String::from("%");
    for c in word.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// What people call an item: its title, or the beginning of its text, or its kind.
pub(crate) fn label(kind: &str, title: Option<&str>, value: &Value) -> String {
    let text = title.map_or_else(|| text_of(value), str::to_owned);
    let words: Vec<&str> = text.split_whitespace().take(12).collect();
    let line = words.join(" ");
    match line.char_indices().nth(LONGEST_LABEL) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None if line.is_empty() => kind.to_owned(),
        None => line,
    }
}

/// What the engine reads of an item.
pub(crate) fn engine_text(title: Option<&str>, value: &Value) -> String {
    title.map_or_else(|| text_of(value), |title| format!("{title}\n{}", text_of(value)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_text_of_a_value_is_its_strings() {
        let value = json!({ "text": "Satu", "done": true, "parts": ["Dua", 3, { "note": "Tiga" }] });
        assert_eq!(text_of(&value).split_whitespace().collect::<Vec<_>>().len(), 3);
        assert_eq!(search_text("note", Some("ÄB"), &json!("C")), "note\näb\nc\n");
    }

    #[test]
    fn signs_of_patterns_are_letters() {
        assert_eq!(contains("5%_\\A"), "%5\\%\\_\\\\a%");
    }

    #[test]
    fn a_label_is_short_and_never_empty() {
        assert_eq!(label("note", None, &json!({})), "note");
        assert_eq!(label("note", Some("  A\n title "), &json!("x")), "A title");
        assert!(label("note", None, &json!("é".repeat(500))).chars().count() <= 61);
    }
}
