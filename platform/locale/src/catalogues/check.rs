//! Comparing catalogues: what a translator still has to do, and what cannot work.

use super::source::{FUNCTIONS, Layer, Place, Source};
use super::syntax::{self, Kind, Mention, Named};
use crate::locale::Locale;
use fluent_syntax::ast::Pattern;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// References are followed this far when a message's values are collected; a circle ends there.
const MOST_REFERENCES: usize = 8;

/// Something to mend in a catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The locale that is to be mended.
    pub locale: Locale,
    /// The message, `message.attribute` or `-term`.
    pub id: String,
    /// Where it stands; for what is missing, where the American English stands.
    pub place: Place,
    pub kind: FindingKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// American English has it and this locale has not.
    Missing,
    /// This locale has it and American English has not, so nothing uses it.
    Unused,
    /// The values that it takes are not those of American English.
    Values { here: Vec<String>, expected: Vec<String> },
    /// It refers to a message, term or function that is not there.
    Dangling { target: String },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { locale, id, place, kind } = self;
        match kind {
            FindingKind::Missing => write!(f, "{locale}: `{id}` is missing (see {place})"),
            FindingKind::Unused => write!(f, "{locale}: `{id}` at {place} is not in {}", Locale::en_us()),
            FindingKind::Values { here, expected } => {
                write!(f, "{locale}: `{id}` at {place} takes {} and not {}", named(here), named(expected))
            }
            FindingKind::Dangling { target } => write!(f, "{locale}: `{id}` at {place} refers to `{target}`, which is not there"),
        }
    }
}

fn named(values: &[String]) -> String {
    if values.is_empty() {
        return "no values".to_owned();
    }
    values.iter().map(|value| format!("${value}")).collect::<Vec<_>>().join(", ")
}

/// The messages and terms of one layer in one locale, or of all layers below it.
pub(super) type Names<'s> = BTreeMap<(Kind, &'s str), (&'s Source, Named<'s, 's>)>;

pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let layers: BTreeSet<&Layer> = sources.iter().map(|source| &source.layer).collect();
    let locales: BTreeSet<Locale> = sources.iter().map(|source| source.locale).collect();
    let mut findings = Vec::new();
    for layer in layers {
        let own = |locale| names(sources, |source| source.locale == locale && source.layer == *layer);
        let seen = |locale| names(sources, |source| source.locale == locale && is_seen(&source.layer, layer));
        let (own_reference, seen_reference) = (own(Locale::en_us()), seen(Locale::en_us()));
        for locale in locales.iter().copied() {
            let (here, seen_here) = (own(locale), seen(locale));
            dangling(locale, &here, &seen_here, &mut findings);
            // A language that only another application has need not be here.
            if locale != Locale::en_us() && (offered(sources, locale) || !here.is_empty()) {
                missing(locale, &own_reference, &here, &mut findings);
                differing(locale, &seen_reference, (&here, &seen_here), &mut findings);
            }
        }
    }
    findings
}

/// Whether the platform or a service speaks the language.
fn offered(sources: &[Source], locale: Locale) -> bool {
    sources.iter().any(|source| source.locale == locale && matches!(source.layer, Layer::Platform | Layer::Service))
}

/// Whether messages of `layer` stand above those of `other` and can refer to them.
pub(super) fn is_seen(other: &Layer, layer: &Layer) -> bool {
    other <= layer && (other.application().is_none() || other.application() == layer.application())
}

pub(super) fn names<'s>(sources: &'s [Source], wanted: impl Fn(&Source) -> bool) -> Names<'s> {
    let mut chosen: Vec<&Source> = sources.iter().filter(|source| wanted(source)).collect();
    chosen.sort_by(|one, other| one.layer.cmp(&other.layer));
    chosen.into_iter().flat_map(|source| source.entries().map(move |entry| ((entry.kind, entry.name), (source, entry)))).collect()
}

/// What American English has in this layer must be here too. Terms are each language's own affair.
fn missing(locale: Locale, reference: &Names<'_>, here: &Names<'_>, findings: &mut Vec<Finding>) {
    for (key, (source, entry)) in reference.iter().filter(|((kind, _), _)| *kind == Kind::Message) {
        for (id, _) in parts(entry) {
            if here.get(key).and_then(|(_, other)| part(other, &id)).is_none() {
                findings.push(Finding { locale, id, place: source.place(entry.name), kind: FindingKind::Missing });
            }
        }
    }
}

/// What is here must be in American English, in this layer or below it, and take the same values.
fn differing(locale: Locale, reference: &Names<'_>, (here, seen_here): (&Names<'_>, &Names<'_>), findings: &mut Vec<Finding>) {
    for (key, (source, entry)) in here.iter().filter(|((kind, _), _)| *kind == Kind::Message) {
        for (id, pattern) in parts(entry) {
            let kind = match reference.get(key).and_then(|(_, other)| part(other, &id)) {
                None => FindingKind::Unused,
                Some(original) => {
                    let (found, expected) = (values(pattern, seen_here), values(original, reference));
                    if found == expected {
                        continue;
                    }
                    FindingKind::Values { here: found.into_iter().collect(), expected: expected.into_iter().collect() }
                }
            };
            findings.push(Finding { locale, id, place: source.place(entry.name), kind });
        }
    }
}

fn dangling(locale: Locale, here: &Names<'_>, seen: &Names<'_>, findings: &mut Vec<Finding>) {
    for (source, entry) in here.values() {
        let mut report = |target: String| {
            findings.push(Finding {
                locale,
                id: entry.kind.spell(entry.name),
                place: source.place(entry.name),
                kind: FindingKind::Dangling { target },
            });
        };
        for pattern in entry.patterns() {
            syntax::visit(pattern, &mut |mention| match mention {
                Mention::Message(name, attribute) if !is_there(seen, Kind::Message, name, attribute) => {
                    report(spelled(Kind::Message, name, attribute));
                }
                Mention::Term(name, attribute) if !is_there(seen, Kind::Term, name, attribute) => {
                    report(spelled(Kind::Term, name, attribute));
                }
                Mention::Function(name) if !FUNCTIONS.contains(&name) => report(format!("{name}()")),
                _ => {}
            });
        }
    }
}

pub(super) fn is_there(seen: &Names<'_>, kind: Kind, name: &str, attribute: Option<&str>) -> bool {
    let Some((_, entry)) = seen.get(&(kind, name)) else {
        return false;
    };
    match attribute {
        Some(attribute) => entry.attributes.iter().any(|(known, _)| *known == attribute),
        None => entry.value.is_some(),
    }
}

pub(super) fn spelled(kind: Kind, name: &str, attribute: Option<&str>) -> String {
    let name = kind.spell(name);
    attribute.map_or_else(|| name.clone(), |attribute| format!("{name}.{attribute}"))
}

/// The value and the attributes of an entry with the ids by which they are asked for.
pub(super) fn parts<'e, 's>(entry: &'e Named<'s, 's>) -> impl Iterator<Item = (String, &'s Pattern<&'s str>)> + 'e {
    let value = entry.value.map(|pattern| (entry.name.to_owned(), pattern));
    value.into_iter().chain(entry.attributes.iter().map(|(attribute, pattern)| (format!("{}.{attribute}", entry.name), *pattern)))
}

pub(super) fn part<'s>(entry: &Named<'s, 's>, id: &str) -> Option<&'s Pattern<&'s str>> {
    parts(entry).find_map(|(known, pattern)| (known == id).then_some(pattern))
}

/// The values that a pattern takes, also by the messages that it refers to. Terms see only what they are given.
pub(super) fn values(pattern: &Pattern<&str>, seen: &Names<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(pattern, seen, MOST_REFERENCES, &mut found);
    found
}

fn collect(pattern: &Pattern<&str>, seen: &Names<'_>, depth: usize, found: &mut BTreeSet<String>) {
    let mut referred = Vec::new();
    syntax::visit(pattern, &mut |mention| match mention {
        Mention::Variable(name) => {
            found.insert(name.to_owned());
        }
        Mention::Message(name, attribute) => referred.push((name.to_owned(), attribute.map(str::to_owned))),
        _ => {}
    });
    if depth == 0 {
        return;
    }
    for (name, attribute) in referred {
        let Some((_, entry)) = seen.get(&(Kind::Message, name.as_str())) else {
            continue;
        };
        let id = attribute.map_or_else(|| name.clone(), |attribute| format!("{name}.{attribute}"));
        if let Some(pattern) = part(entry, &id) {
            collect(pattern, seen, depth - 1, found);
        }
    }
}
