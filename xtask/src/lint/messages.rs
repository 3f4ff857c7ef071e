//! Messages that the code asks for and no catalogue has, and messages that nothing asks for.
//!
//! That each language has the same messages with the same values and attributes is a test of the server (`what_the_binary_carries`). Here
//! the American English is compared with the code. A name that the code puts together (`format!("{code}-title")`) is known by its form.
//! What is used in a way that cannot be seen, a catalogue says of itself: `### keys: common-* language-own-name`.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;

use anyhow::{Result, bail};

use super::tidy::repository_files;
use crate::workspace;

/// A form with less text of its own would fit anything.
const LEAST_TEXT: usize = 5;
/// What stands before the name of a message.
const ASKING: [&str; 6] =
    ["detail_message(\"", "messages.text(\"", "messages.format(\"", "messages.find(\"", "messages.whole(\"", ".title_message(\""];

#[derive(Default)]
struct Found {
    /// Name to file and line.
    keys: BTreeMap<String, String>,
    /// Words that stand where a name may.
    words: HashSet<String>,
    /// Forms of names: text with holes between.
    forms: BTreeSet<Vec<String>>,
    /// Name to where it is asked for.
    asked: BTreeMap<String, String>,
}

pub(super) fn check() -> Result<()> {
    let root = workspace::root();
    let mut found = Found::default();
    for file in repository_files()? {
        let Ok(text) = fs::read_to_string(root.join(&file)) else { continue };
        found.look(&file, &text);
    }
    let faults = found.faults();
    if faults.is_empty() { Ok(()) } else { bail!("messages and code do not fit:\n   {}", faults.join("\n   ")) }
}

impl Found {
    fn look(&mut self, file: &str, text: &str) {
        if file.ends_with(".ftl") {
            self.catalogue(file, text);
            return;
        }
        // What tests ask for proves no use; the generated documents repeat names; this check has examples.
        if file.contains("/tests/") || ["docs/", "clients/", "xtask/"].iter().any(|folder| file.starts_with(folder)) {
            return;
        }
        if file.ends_with(".rs") {
            for literal in literals(text) {
                self.words.extend(words(literal).map(str::to_owned));
                self.forms.extend(form(literal));
            }
            self.asked(file, text);
        } else if [".toml", ".html", ".js", ".mjs"].iter().any(|ending| file.ends_with(ending)) {
            self.words.extend(words(text).map(str::to_owned));
        }
    }

    fn catalogue(&mut self, file: &str, text: &str) {
        for (number, line) in text.lines().enumerate() {
            if let Some(declared) = line.strip_prefix("### keys:") {
                for name in declared.split_whitespace() {
                    self.forms.insert(name.split('*').map(str::to_owned).collect());
                }
            }
            if line.starts_with('#') {
                continue;
            }
            for placeable in line.split('{').skip(1) {
                self.words.extend(words(placeable.split('}').next().unwrap_or_default()).map(str::to_owned));
            }
            let name = words(line).next().filter(|name| line.starts_with(name));
            let name = name.filter(|name| line[name.len()..].trim_start().starts_with('='));
            if let Some(name) = name.filter(|_| file.contains("/en-US/")) {
                self.keys.insert(name.to_owned(), format!("{file}:{}", number + 1));
            }
        }
    }

    fn asked(&mut self, file: &str, text: &str) {
        let mut note = |name: &str, at: usize| {
            let line = 1 + text[..at].matches('\n').count();
            let key = name.split('.').next().unwrap_or_default();
            if !key.is_empty() && words(key).next() == Some(key) {
                self.asked.entry(key.to_owned()).or_insert_with(|| format!("{file}:{line}"));
            }
        };
        for asking in ASKING {
            for (at, _) in text.match_indices(asking) {
                note(text[at + asking.len()..].split('"').next().unwrap_or_default(), at);
            }
        }
        // The second text is the message.
        for (at, opening) in text.match_indices("FieldError::new(\"") {
            let mut texts = text[at + opening.len()..].splitn(4, '"');
            let (_code, between, message) = (texts.next(), texts.next(), texts.next());
            if let (Some(between), Some(message)) = (between, message)
                && between.trim() == ","
            {
                note(message, at);
            }
        }
    }

    fn faults(&self) -> Vec<String> {
        let missing = self.asked.iter().filter(|(name, _)| !self.keys.contains_key(*name));
        let missing = missing.map(|(name, place)| format!("{place}: no catalogue has `{name}`"));
        let used = |name: &str| self.words.contains(name) || self.forms.iter().any(|form| fits(form, name));
        let unused = self.keys.iter().filter(|(name, _)| !used(name));
        let unused = unused.map(|(name, place)| format!("{place}: nothing uses `{name}`"));
        missing.chain(unused).collect()
    }
}

/// Names and what looks like them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-' || letter == '_'));
    words.filter(|word| word.starts_with(|letter: char| letter.is_ascii_alphabetic()))
}

/// The string literals of a Rust file. Characters and escapes are stepped over; comments may hold quotes, which costs nothing but a few
/// words more.
fn literals(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut begun = None;
        let mut escaped = false;
        for (at, byte) in line.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' if begun.is_none() && line[..at].ends_with('\'') && line[at + 1..].starts_with('\'') => {}
                b'"' => match begun.take() {
                    Some(start) => found.push(&line[start..at]),
                    None => begun = Some(at + 1),
                },
                _ => {}
            }
        }
        // One that goes on in the next line.
        found.extend(begun.and_then(|start| line.get(start..)));
    }
    found
}

/// `{code}-title` as the text around its holes. None for what is no form of a name.
fn form(literal: &str) -> Option<Vec<String>> {
    let of_name = |letter: char| letter.is_ascii_alphanumeric() || "-_.{}".contains(letter);
    if !literal.contains('{') || !literal.chars().all(of_name) {
        return None;
    }
    let mut parts = vec![String::new()];
    let mut inside = false;
    for letter in literal.chars() {
        match letter {
            '{' => {
                inside = true;
                parts.push(String::new());
            }
            '}' => inside = false,
            // An attribute of the message.
            '.' if !inside => break,
            letter if !inside => parts.last_mut()?.push(letter),
            _ => {}
        }
    }
    let own = parts.concat();
    (own.len() >= LEAST_TEXT && own.contains('-') && parts.len() > 1).then_some(parts)
}

/// Whether the name is these parts with something between them.
fn fits(parts: &[String], name: &str) -> bool {
    let Some((first, rest)) = parts.split_first() else { return false };
    let Some(mut left) = name.strip_prefix(first.as_str()) else { return false };
    let Some((last, between)) = rest.split_last() else { return left.is_empty() };
    for part in between {
        let Some(at) = left.find(part.as_str()) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(files: &[(&str, &str)]) -> Vec<String> {
        let mut found = Found::default();
        files.iter().for_each(|(file, text)| found.look(file, text));
        found.faults()
    }

    #[test]
    fn what_nothing_uses_and_what_is_not_there_is_found() {
        let code = r#"let a = messages.text("there"); detail_message("gone", []); let b = format!("{code}-title");
            FieldError::new("code", "missing").with("x", '"'); "used-by-name""#;
        let ftl = "there = x { referred }\nreferred = x\nunused = x\n    .title = y\nerror-title = x\nused-by-name = x\n### keys: common-*\ncommon-word = x";
        assert_eq!(
            faults(&[("a/src/lib.rs", code), ("a/locales/en-US/a.ftl", ftl), ("a/locales/id-ID/a.ftl", "other = x")]),
            [
                "a/src/lib.rs:1: no catalogue has `gone`",
                "a/src/lib.rs:2: no catalogue has `missing`",
                "a/locales/en-US/a.ftl:3: nothing uses `unused`",
            ]
        );
        // What only a test asks for is not used.
        assert_eq!(faults(&[("a/tests/a.rs", "\"x-y\""), ("a/locales/en-US/a.ftl", "x-y = x")]).len(), 1);
    }

    #[test]
    fn forms_fit_the_names_that_they_make() {
        let of = |literal: &str| form(literal).unwrap();
        assert!(fits(&of("{}-title"), "not-found-title"));
        assert!(!fits(&of("{}-title"), "not-found-titles"));
        assert!(fits(&of("alerts-{word}-name"), "alerts-jobs-name"));
        assert!(fits(&of("landing-feature-{key}.body"), "landing-feature-goals"));
        assert_eq!(form("{a}-{b}"), None, "it would fit anything");
        assert_eq!(form("{a} - text"), None);
    }
}
