//! The text of one message on its own, as translators read and write it: its value, and a line `.name = …` for each attribute.

use super::Catalogues;
use super::check::{self, Names};
use super::source::{FUNCTIONS, Layer, MOST_NUMBER, MOST_OPENINGS, Source};
use super::syntax::{self, Kind, Mention, Named};
use crate::locale::Locale;
use fluent_syntax::ast::{Entry, Message, Pattern, Resource};
use fluent_syntax::{parser, serializer};
use std::collections::{BTreeMap, BTreeSet};

/// The longest text of a message, in bytes.
pub const LONGEST_TEXT: usize = 10_000;

/// Whose messages are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf<'a> {
    /// Those of the platform and the services.
    Common,
    /// An application's own.
    Application(&'a str),
    /// All that an application's tenants see.
    Seen(&'a str),
}

/// A message of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageText {
    /// In its usual form; see [`Catalogues::examine`].
    pub text: String,
    /// What the file says about it; empty where it says nothing.
    pub comment: String,
    pub file: String,
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    #[error("the text has more than {most} bytes")]
    TooLong { most: usize },
    #[error("the text has more than {most} opening braces and brackets")]
    TooComplex { most: usize },
    #[error("a number has more than {most} characters")]
    Number { most: usize },
    #[error("the text has control characters")]
    Control,
    /// `line` counts from 1.
    #[error("line {line}: {reason}")]
    Syntax { line: usize, reason: String },
    /// No American English to compare with.
    #[error("there is no message of this name")]
    Unknown,
    /// The value, or an attribute, that only one of the two has.
    #[error("missing: {missing:?}; not in American English: {unknown:?}")]
    Parts { missing: Vec<String>, unknown: Vec<String> },
    #[error("`{part}` takes {here:?} and not {expected:?}")]
    Values { part: String, here: Vec<String>, expected: Vec<String> },
    #[error("it refers to `{target}`, which is not there")]
    Dangling { target: String },
    #[error("it refers to itself through `{through}`")]
    Circle { through: String },
}

impl Catalogues {
    /// The messages of the files in one locale, by name. Where several layers have one, the last is shown.
    pub fn texts(&self, shelf: Shelf<'_>, locale: Locale) -> BTreeMap<String, MessageText> {
        let mut sources: Vec<&Source> =
            self.sources.iter().filter(|source| source.locale == locale && stands_on(&source.layer, shelf)).collect();
        sources.sort_by(|one, other| one.layer.cmp(&other.layer));
        let mut texts = BTreeMap::new();
        for source in sources {
            // Once more, with the comments, which readers of messages do not need.
            let resource = parser::parse(source.resource.source()).unwrap_or_else(|(resource, _)| resource);
            for entry in &resource.body {
                let Entry::Message(message) = entry else { continue };
                let comment = message.comment.as_ref().map(|comment| comment.content.join("\n")).unwrap_or_default();
                let text = MessageText { text: usual(message), comment, file: source.file.clone() };
                texts.insert(message.id.name.to_owned(), text);
            }
        }
        texts
    }

    /// What looks at texts of one locale. `app` is the application whose tenants shall see them.
    pub fn examiner(&self, app: Option<&str>, locale: Locale) -> Examiner<'_> {
        let layer = app.map_or(Layer::Installation, |app| Layer::InstallationFor(app.to_owned()));
        let seen =
            |locale| check::names(&self.sources, |source| source.locale == locale && check::is_seen(&source.layer, &layer));
        Examiner { reference: seen(Locale::en_us()), seen: seen(locale) }
    }

    /// One text; see [`Examiner::examine`].
    ///
    /// # Errors
    /// As there.
    pub fn examine(&self, app: Option<&str>, locale: Locale, key: &str, text: &str) -> Result<String, Vec<TextFault>> {
        self.examiner(app, locale).examine(key, text)
    }
}

/// Compares texts with the files. To make one takes about a millisecond; it serves for many texts.
pub struct Examiner<'c> {
    /// American English.
    reference: Names<'c>,
    seen: Names<'c>,
}

impl Examiner<'_> {
    /// Looks at a text that somebody wrote for a message of the files, and gives it in its usual form: what means the same is written
    /// the same.
    ///
    /// # Errors
    /// All that is wrong with it, the values, attributes and references included. It is bounded in time and stack whatever the text holds.
    pub fn examine(&self, key: &str, text: &str) -> Result<String, Vec<TextFault>> {
        let ftl = bounded(key, text).map_err(|fault| vec![fault])?;
        let resource = parser::parse(ftl.as_str()).map_err(|(_, errors)| vec![syntax_fault(&ftl, &errors)])?;
        let message = only_message(&resource, key).map_err(|fault| vec![fault])?;
        let entry = Entry::Message(message.clone());
        let Some(named) = Named::of(&entry) else { return Err(vec![TextFault::Unknown]) };
        let mut faults = numbers(&named);
        faults.extend(compared(&named, &self.reference, &self.seen));
        if faults.is_empty() { Ok(usual(message)) } else { Err(faults) }
    }
}

impl std::fmt::Debug for Examiner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Examiner").field("messages", &self.reference.len()).finish_non_exhaustive()
    }
}

/// The text as a catalogue holds it: `key = …`.
pub(crate) fn as_entry(key: &str, text: &str) -> String {
    let is_attribute = |line: &&str| line.trim_start().starts_with('.');
    let lines: Vec<&str> = text.split('\n').collect();
    let of_value = lines.iter().take_while(|line| !is_attribute(line)).filter(|line| !line.trim().is_empty()).count();
    let opening = if of_value == 1 { " " } else { "\n    " };
    format!("{key} ={opening}{}\n", lines.join("\n    "))
}

fn stands_on(layer: &Layer, shelf: Shelf<'_>) -> bool {
    match (layer, shelf) {
        (Layer::Platform | Layer::Service | Layer::Installation, Shelf::Common | Shelf::Seen(_)) => true,
        (Layer::Application(owner) | Layer::InstallationFor(owner), Shelf::Application(app) | Shelf::Seen(app)) => owner == app,
        _ => false,
    }
}

/// The entry, if the parser can be trusted with it: it calls itself for what is nested.
fn bounded(key: &str, text: &str) -> Result<String, TextFault> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim_matches('\n');
    if text.len() > LONGEST_TEXT {
        return Err(TextFault::TooLong { most: LONGEST_TEXT });
    }
    if text.bytes().filter(|byte| matches!(byte, b'{' | b'(')).count() > MOST_OPENINGS {
        return Err(TextFault::TooComplex { most: MOST_OPENINGS });
    }
    // What no file of translations can carry (XML 1.0 §2.2).
    if text
        .chars()
        .any(|letter| (letter.is_control() && !matches!(letter, '\n' | '\t')) || matches!(letter, '\u{fffe}' | '\u{ffff}'))
    {
        return Err(TextFault::Control);
    }
    Ok(as_entry(key, text))
}

/// A text in its usual form, compared with nothing.
///
/// # Errors
/// What cannot be read as the text of one message.
pub fn usual_text(key: &str, text: &str) -> Result<String, TextFault> {
    let ftl = bounded(key, text)?;
    let resource = parser::parse(ftl.as_str()).map_err(|(_, errors)| syntax_fault(&ftl, &errors))?;
    Ok(usual(only_message(&resource, key)?))
}

fn only_message<'r, 's>(resource: &'r Resource<&'s str>, key: &str) -> Result<&'r Message<&'s str>, TextFault> {
    match resource.body.as_slice() {
        [Entry::Message(message)] if message.id.name == key => Ok(message),
        _ => Err(TextFault::Syntax { line: 1, reason: "this is not the text of one message".to_owned() }),
    }
}

fn syntax_fault(ftl: &str, errors: &[parser::ParserError]) -> TextFault {
    let Some(error) = errors.first() else { return TextFault::Syntax { line: 1, reason: String::new() } };
    let before = usize::from(ftl.split_once('=').is_some_and(|(_, rest)| rest.starts_with('\n')));
    let line = syntax::line_at(ftl, error.pos.start).saturating_sub(before).max(1);
    TextFault::Syntax { line, reason: error.kind.to_string() }
}

fn numbers(named: &Named<'_, '_>) -> Vec<TextFault> {
    let mut longest = 0;
    for pattern in named.patterns() {
        syntax::visit(pattern, &mut |mention| {
            if let Mention::Number(number) = mention {
                longest = longest.max(number.len());
            }
        });
    }
    if longest > MOST_NUMBER { vec![TextFault::Number { most: MOST_NUMBER }] } else { Vec::new() }
}

/// What differs from American English, and what it refers to in vain.
fn compared(named: &Named<'_, '_>, reference: &Names<'_>, seen: &Names<'_>) -> Vec<TextFault> {
    let Some((_, original)) = reference.get(&(Kind::Message, named.name)) else { return vec![TextFault::Unknown] };
    let ids = |entry: &Named<'_, '_>| check::parts(entry).map(|(id, _)| id).collect::<BTreeSet<String>>();
    let (here, there) = (ids(named), ids(original));
    let mut faults = Vec::new();
    if here != there {
        let (missing, unknown) = (there.difference(&here).cloned().collect(), here.difference(&there).cloned().collect());
        faults.push(TextFault::Parts { missing, unknown });
    }
    for (part, pattern) in check::parts(named) {
        let Some(original) = check::part(original, &part) else { continue };
        let (found, expected) = (check::values(pattern, seen), check::values(original, reference));
        if found != expected {
            let (here, expected) = (found.into_iter().collect(), expected.into_iter().collect());
            faults.push(TextFault::Values { part, here, expected });
        }
    }
    for pattern in named.patterns() {
        referring(named.name, pattern, seen, &mut faults);
    }
    faults
}

fn referring(own: &str, pattern: &Pattern<&str>, seen: &Names<'_>, faults: &mut Vec<TextFault>) {
    syntax::visit(pattern, &mut |mention| {
        let fault = match mention {
            Mention::Message(name, _) if leads_to(name, own, seen) => Some(TextFault::Circle { through: name.to_owned() }),
            Mention::Message(name, attribute) if !check::is_there(seen, Kind::Message, name, attribute) => {
                Some(TextFault::Dangling { target: check::spelled(Kind::Message, name, attribute) })
            }
            Mention::Term(name, attribute) if !check::is_there(seen, Kind::Term, name, attribute) => {
                Some(TextFault::Dangling { target: check::spelled(Kind::Term, name, attribute) })
            }
            Mention::Function(name) if !FUNCTIONS.contains(&name) => Some(TextFault::Dangling { target: format!("{name}()") }),
            _ => None,
        };
        faults.extend(fault.filter(|fault| !faults.contains(fault)));
    });
}

/// Whether one comes from `name` to `own` by references.
fn leads_to(name: &str, own: &str, seen: &Names<'_>) -> bool {
    let (mut open, mut known) = (vec![name.to_owned()], BTreeSet::new());
    while let Some(name) = open.pop() {
        if name == own {
            return true;
        }
        if !known.insert(name.clone()) {
            continue;
        }
        let Some((_, entry)) = seen.get(&(Kind::Message, name.as_str())) else { continue };
        for pattern in entry.patterns() {
            syntax::visit(pattern, &mut |mention| {
                if let Mention::Message(next, _) = mention {
                    open.push(next.to_owned());
                }
            });
        }
    }
    false
}

/// The text of a message, however its file writes it.
fn usual(message: &Message<&str>) -> String {
    let bare = Message { comment: None, ..message.clone() };
    let written = serializer::serialize(&Resource { body: vec![Entry::Message(bare)] });
    let text = written.split_once(" =").map_or("", |(_, text)| text).trim_end();
    // On the line of its name a value may begin with a dot; on a line of its own that would be an attribute.
    if let Some(rest) = text.strip_prefix(" .") {
        return format!("{{ \"\" }}.{}", dedented(rest));
    }
    dedented(text.strip_prefix([' ', '\n']).unwrap_or(text))
}

fn dedented(text: &str) -> String {
    let lines = text.split('\n').map(|line| line.strip_prefix("    ").unwrap_or(line.trim_start()).trim_end());
    lines.collect::<Vec<&str>>().join("\n")
}
