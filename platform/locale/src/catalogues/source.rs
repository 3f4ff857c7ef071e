//! Catalogue files after parsing.

use super::error::Problem;
use super::syntax::{self, Mention, Named};
use crate::locale::Locale;
use fluent_bundle::FluentResource;
use fluent_syntax::ast::Entry;
use std::fmt;
use std::sync::Arc;

/// Bytes of one file. Larger ones are a mistake or an attack.
const MOST_BYTES: usize = 1 << 20;
/// Opening braces and brackets in one message. The parser calls itself for what is nested, so without a limit a file could
/// exhaust the stack; and Fluent shows no more than 100 placeables of a message.
pub(super) const MOST_OPENINGS: usize = 150;
/// Characters of a number in a message. Fluent's plural operands overflow on longer ones.
pub(super) const MOST_NUMBER: usize = 15;
/// Names that messages may not take, because functions have them.
pub(super) const FUNCTIONS: [&str; 3] = ["NUMBER", "DATETIME", "LIST"];

/// Whose messages a file holds. A later layer overrides an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// What every service may use.
    Platform,
    /// A service's own.
    Service,
    /// From the folder of an installation: seen by everybody.
    Installation,
    /// One application's, seen only by its tenants.
    Application(String),
    /// From the folder of an installation, for the tenants of one application.
    InstallationFor(String),
}

impl Layer {
    /// The application whose tenants alone see the layer.
    pub(super) fn application(&self) -> Option<&str> {
        match self {
            Self::Application(name) | Self::InstallationFor(name) => Some(name),
            Self::Platform | Self::Service | Self::Installation => None,
        }
    }

    /// Whether it came with the program.
    pub(super) const fn is_shipped(&self) -> bool {
        matches!(self, Self::Platform | Self::Service | Self::Application(_))
    }
}

/// A line of a catalogue file, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub file: String,
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// One parsed file.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) layer: Layer,
    pub(super) locale: Locale,
    pub(super) file: String,
    pub(super) resource: Arc<FluentResource>,
}

impl Source {
    /// # Errors
    /// All that is wrong with the file.
    pub(super) fn parse(layer: Layer, tag: &str, file: String, text: String) -> Result<Self, Vec<Problem>> {
        let locale = Locale::intern(tag).map_err(|source| vec![Problem::Locale { file: file.clone(), source }])?;
        if text.len() > MOST_BYTES {
            return Err(vec![Problem::TooLarge { file, size: text.len(), most: MOST_BYTES }]);
        }
        if syntax::most_openings(&text) > MOST_OPENINGS {
            return Err(vec![Problem::TooComplex { file, most: MOST_OPENINGS }]);
        }
        match FluentResource::try_new(text) {
            Ok(resource) => {
                let source = Self { layer, locale, file, resource: Arc::new(resource) };
                let problems = source.problems();
                if problems.is_empty() { Ok(source) } else { Err(problems) }
            }
            Err((resource, errors)) => Err(errors
                .iter()
                .map(|error| Problem::Syntax {
                    place: Place { file: file.clone(), line: syntax::line_at(resource.source(), error.pos.start) },
                    reason: error.kind.to_string(),
                })
                .collect()),
        }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = Named<'_, '_>> {
        self.resource.entries().filter_map(Named::of)
    }

    /// The names of its messages.
    pub(super) fn messages(&self) -> impl Iterator<Item = &str> {
        self.resource.entries().filter_map(|entry| match entry {
            Entry::Message(message) => Some(message.id.name),
            _ => None,
        })
    }

    /// Where a name of this file stands.
    pub(super) fn place(&self, part: &str) -> Place {
        Place { file: self.file.clone(), line: syntax::line_of(self.resource.source(), part) }
    }

    fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for entry in self.entries() {
            if FUNCTIONS.contains(&entry.name) {
                problems.push(Problem::Reserved { place: self.place(entry.name), name: entry.name.to_owned() });
            }
            for pattern in entry.patterns() {
                syntax::visit(pattern, &mut |mention| {
                    if let Mention::Number(number) = mention
                        && number.len() > MOST_NUMBER
                    {
                        problems.push(Problem::Number {
                            place: self.place(number),
                            number: number.to_owned(),
                            most: MOST_NUMBER,
                        });
                    }
                });
            }
        }
        problems
    }
}
