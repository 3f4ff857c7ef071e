//! One text with placeholders that a person wrote while the program runs: an answer to be sent again and again, a template of a tenant's
//! own. It is Fluent's pattern syntax, without references to anything else: `Good morning { $name }, …`.

use super::builder::bundle;
use super::source::{FUNCTIONS, Layer, Source};
use super::syntax::{self, Kind, Mention};
use super::{Args, Bundle, Incomplete, missing_value};
use crate::locale::Locale;
use std::collections::BTreeSet;
use std::fmt;

/// The name under which the text stands in its own bundle.
const NAME: &str = "text";

/// A text in one locale, parsed.
pub struct Pattern {
    bundle: Bundle,
    variables: Vec<String>,
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Nothing, or a brace that is not closed, or another mistake of syntax; in Fluent's words.
    #[error("{0}")]
    Syntax(String),
    /// It refers to a message, a term, or a function that there is not.
    #[error("it refers to `{0}`")]
    Reference(String),
    /// A value that it will not be given.
    #[error("there is no value `${0}`")]
    Unknown(String),
}

impl Pattern {
    /// Reads a text of any number of lines. `known` are the values that it may have: none besides.
    ///
    /// # Errors
    /// What is wrong with it first. Nothing in a text makes the parser or the writer use more than a little time and memory.
    pub fn parse(locale: Locale, text: &str, known: &[&str]) -> Result<Self, PatternError> {
        let source = Source::parse(Layer::Service, locale.tag(), NAME.to_owned(), entry(text));
        let source = source.map_err(|problems| PatternError::Syntax(first(&problems)))?;
        let nothing = || PatternError::Syntax("there is no text".to_owned());
        let mut entries = source.entries();
        let named = entries.next().filter(|named| named.kind == Kind::Message && named.name == NAME).ok_or_else(nothing)?;
        let value = named.value.filter(|_| named.attributes.is_empty()).ok_or_else(nothing)?;
        if entries.next().is_some() {
            return Err(nothing());
        }
        let (mut variables, mut wrong) = (BTreeSet::new(), None);
        syntax::visit(value, &mut |mention| {
            let error = match mention {
                Mention::Variable(name) if known.contains(&name) => {
                    variables.insert(name.to_owned());
                    return;
                }
                Mention::Function(name) if FUNCTIONS.contains(&name) => return,
                Mention::Number(_) => return,
                Mention::Variable(name) => PatternError::Unknown(name.to_owned()),
                Mention::Message(name, _) | Mention::Function(name) => PatternError::Reference(name.to_owned()),
                Mention::Term(name, _) => PatternError::Reference(format!("-{name}")),
            };
            wrong.get_or_insert(error);
        });
        drop(entries);
        match wrong {
            Some(error) => Err(error),
            None => Ok(Self { bundle: bundle(locale, &[&source]), variables: variables.into_iter().collect() }),
        }
    }

    /// The values that it wants, in order of their names.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// The whole text.
    ///
    /// # Errors
    /// [`Incomplete`] names the values that it was not given, or that Fluent could not write.
    pub fn write(&self, args: &Args<'_>) -> Result<String, Incomplete> {
        let incomplete = |values| Incomplete { message: NAME.to_owned(), values };
        let value = self.bundle.get_message(NAME).and_then(|message| message.value());
        let value = value.ok_or_else(|| incomplete(Vec::new()))?;
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(value, Some(args.fluent()), &mut errors);
        if errors.is_empty() {
            return Ok(text.into_owned());
        }
        let mut values: Vec<String> = errors.iter().map(missing_value).collect();
        values.sort();
        values.dedup();
        Err(incomplete(values))
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pattern").field("variables", &self.variables).finish_non_exhaustive()
    }
}

fn first(problems: &[super::Problem]) -> String {
    let said = problems.first().map(ToString::to_string).unwrap_or_default();
    // Where it stands is no file that the person knows.
    said.split_once(": ").map_or(said.clone(), |(_, reason)| reason.to_owned())
}

/// The text as the value of one message, so that no line of it begins another. What would be syntax at the beginning of a line is text.
fn entry(text: &str) -> String {
    let mut written = format!("{NAME} =\n");
    let mut depth = 0_usize;
    for line in text.lines() {
        if !line.trim().is_empty() {
            written.push_str("    ");
            let inside = line.trim_start();
            if depth == 0 && inside.starts_with(['[', '*', '.']) {
                written.push_str("{ \"\" }");
            }
            written.push_str(line);
        }
        written.push('\n');
        depth = depth_after(line, depth);
    }
    written
}

/// How many placeables are open after a line. Braces in strings are text.
fn depth_after(line: &str, mut depth: usize) -> usize {
    let (mut in_string, mut escaped) = (false, false);
    for letter in line.chars() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' if depth > 0 => in_string = !in_string,
            '{' if !in_string => depth += 1,
            '}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    depth
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KNOWN: &[&str] = &["name", "count"];

    fn written(text: &str) -> Result<String, PatternError> {
        let args = Args::new().text("name", "Sari").integer("count", 1_200);
        Pattern::parse(Locale::id_id(), text, KNOWN).map(|pattern| pattern.write(&args).unwrap())
    }

    #[test]
    fn texts_keep_their_lines_and_what_looks_like_syntax() {
        let text = "Halo { $name },\n\n[penting] baca ini\n* satu\n.dua\n  # tiga\nempat = lima";
        let shown = "Halo Sari,\n\n[penting] baca ini\n* satu\n.dua\n  # tiga\nempat = lima";
        assert_eq!(written(text).unwrap(), shown);
        assert_eq!(written("{ $count } pesan").unwrap(), "1.200 pesan");
        let plural = "{ $count ->\n    [one] satu\n   *[other] banyak\n}";
        assert_eq!(written(plural).unwrap(), "banyak");
        assert_eq!(written("baris\r\nlain").unwrap(), "baris\nlain");
    }

    #[test]
    fn what_reaches_beyond_the_text_is_refused() {
        assert_eq!(written("{ $password }"), Err(PatternError::Unknown("password".into())));
        assert_eq!(written("{ text }"), Err(PatternError::Reference("text".into())), "a text that holds itself");
        assert_eq!(written("{ landing-title }"), Err(PatternError::Reference("landing-title".into())));
        assert_eq!(written("{ -brand }"), Err(PatternError::Reference("-brand".into())));
        assert_eq!(written("{ SHELL($name) }"), Err(PatternError::Reference("SHELL".into())));
        for broken in ["", "   \n ", "{ $name", "{", "}", "{ \"", "a\n}\nother = b"] {
            assert!(matches!(written(broken), Err(PatternError::Syntax(_))), "{broken:?}: {:?}", written(broken));
        }
        assert!(matches!(written(&"{ ".repeat(5_000)), Err(PatternError::Syntax(_))));
        assert!(matches!(written(&"x".repeat(2_000_000)), Err(PatternError::Syntax(_))));
    }

    #[test]
    fn what_is_missing_is_named() {
        let pattern = Pattern::parse(Locale::en_us(), "{ $name } { $count }", KNOWN).unwrap();
        assert_eq!(pattern.variables(), ["count", "name"]);
        assert_eq!(pattern.write(&Args::new().text("name", "x")).unwrap_err().values, ["count"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_stumble(text in "([{}\\[\\]*.$\"\\\\=#>a-z -]|\n){0,60}") {
            if let Ok(pattern) = Pattern::parse(Locale::en_us(), &text, KNOWN) {
                let _ = pattern.write(&Args::new().text("name", "x").integer("count", 1));
            }
        }

        #[test]
        fn plain_texts_are_as_they_were_written(text in "[a-zA-Z.*\\[\\]#=,-][a-zA-Z0-9 .,*\\[\\]#=-]{0,40}(\n[a-zA-Z.*\\[#=-][a-zA-Z0-9 .=]{0,20}){0,4}") {
            let trimmed: String = text.lines().collect::<Vec<_>>().join("\n");
            let shown = written(&trimmed).unwrap();
            prop_assert_eq!(shown.trim_end(), trimmed.trim_end());
        }
    }
}
