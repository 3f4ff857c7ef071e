//! The route file: the sections `[upstreams.*]` and `[[routes]]` of `banyan.toml`, read and checked as a whole.

mod change;
mod fault;
mod policy;
mod read;
mod route;
mod split;
mod upstream;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use http::{HeaderValue, StatusCode};
use toml::de::{DeTable, DeValue};

pub use fault::Fault;
pub(crate) use upstream::{Identity, UpstreamEntry, UpstreamKey, UpstreamSecurity};

use super::body::BodyChange;
use super::check;
use super::condition::Conditions;
use super::fields::HeaderChanges;
use super::host::HostPattern;
use super::pattern::PathPattern;
use super::rewrite::Rewrite;
use super::template::Template;
use crate::policies::Policies;
use crate::split::entry::SplitEntry;
use read::{Section, Source};

/// The most routes, and the most upstreams, of a file.
const MOST: usize = 2_000;
/// Larger files are refused unread, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;

/// Routes and upstreams as an operator declares them. Without any, the door knows the services of this process alone.
#[derive(Clone, Debug, Default)]
pub struct RouteFile {
    pub(crate) upstreams: Vec<Arc<UpstreamEntry>>,
    pub(crate) routes: Vec<Arc<RouteEntry>>,
}

/// The parts of `banyan.toml` that are read here. The others belong to the server.
pub const ROUTE_SECTIONS: [&str; 2] = ["upstreams", "routes"];

/// What a file may name beside its own upstreams.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Services of the mesh.
    pub services: BTreeSet<String>,
    /// Classes of limits. Empty: they are not checked.
    pub classes: BTreeSet<String>,
    /// Services whose paths no stored route may take, because nobody could take it back without them.
    pub kept: BTreeSet<String>,
}

/// Who declared a route or an upstream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Declared {
    /// The operator's file.
    #[default]
    File,
    /// An operator, over the API.
    Api,
    /// The control plane, for a feature that moves.
    Migration,
}

impl Declared {
    /// As lists show it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Api => "api",
            Self::Migration => "migration",
        }
    }
}

/// One route of the file.
#[derive(Clone, Debug)]
pub(crate) struct RouteEntry {
    pub(crate) name: Arc<str>,
    pub(crate) declared: Declared,
    /// Where it begins in the file.
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// Empty: every host.
    pub(crate) hosts: Box<[HostPattern]>,
    pub(crate) pattern: PathPattern,
    pub(crate) conditions: Conditions,
    pub(crate) priority: i32,
    pub(crate) target: TargetEntry,
    pub(crate) rewrite: Rewrite,
    pub(crate) request: MessageChange,
    pub(crate) response: MessageChange,
    pub(crate) policies: Policies,
    pub(crate) split: Option<Arc<SplitEntry>>,
    pub(crate) observe: Observe,
}

/// Whether the paths that are asked for are counted by template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Observe {
    On,
    #[default]
    Off,
}

/// Who answers.
#[derive(Clone, Debug)]
pub(crate) enum TargetEntry {
    Service(Arc<str>),
    Upstream(Arc<str>),
    Redirect(Redirect),
    Respond(Respond),
}

/// A fixed answer that names another address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redirect {
    pub(crate) to: Template,
    pub(crate) status: StatusCode,
    pub(crate) query: RedirectQuery,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedirectQuery {
    Keep,
    Drop,
}

/// A fixed answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Respond {
    pub(crate) status: StatusCode,
    pub(crate) kind: Option<HeaderValue>,
    pub(crate) body: bytes::Bytes,
}

/// What becomes of a request or an answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct MessageChange {
    pub(crate) headers: HeaderChanges,
    pub(crate) body: Option<BodyChange>,
}

impl RouteFile {
    /// Reads the sections of the file that belong to the door; the others are not looked at.
    ///
    /// # Errors
    /// Every fault of the file at once, in its order.
    pub fn parse(text: &str, known: &Known) -> Result<Self, Vec<Fault>> {
        Self::read(text, |file, source| {
            check::check(file, known, |finding| source.found(finding));
        })
    }

    /// As [`RouteFile::parse`], without a look at how its parts fit together.
    pub(crate) fn parse_parts(text: &str) -> Result<Self, Vec<Fault>> {
        Self::read(text, |_, _| ())
    }

    fn read(text: &str, check: impl FnOnce(&Self, &Source<'_>)) -> Result<Self, Vec<Fault>> {
        let source = Source::new(text);
        if text.len() > LARGEST {
            source.fault(0, "", "the file is larger than 4 MiB", "split the installation, or generate fewer routes");
            return Err(source.into_faults());
        }
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let at = error.span().map_or(0, |span| span.start);
            source.fault(at, "", error.message().to_owned(), "correct the TOML here");
        }
        if !errors.is_empty() {
            return Err(source.into_faults());
        }
        let file = read(&source, document.get_ref());
        check(&file, &source);
        let faults = source.into_faults();
        if faults.is_empty() { Ok(file) } else { Err(faults) }
    }

    /// How many routes the file declares.
    pub fn len(&self) -> usize {
        self.routes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.routes.is_empty() && self.upstreams.is_empty()
    }

    /// The same, as declared by somebody else than the file.
    pub(crate) fn declared_by(mut self, declared: Declared) -> Self {
        for route in &mut self.routes {
            Arc::make_mut(route).declared = declared;
        }
        for upstream in &mut self.upstreams {
            Arc::make_mut(upstream).declared = declared;
        }
        self
    }

    pub(crate) fn upstream(&self, name: &str) -> Option<&Arc<UpstreamEntry>> {
        self.upstreams.iter().find(|upstream| *upstream.name == *name)
    }
}

fn read<'s>(source: &'s Source<'s>, document: &'s DeTable<'s>) -> RouteFile {
    let mut file = RouteFile::default();
    if let Some(value) = document.get("upstreams") {
        let start = value.span().start;
        match value.get_ref() {
            DeValue::Table(table) => {
                let section = Section::new(source, table, "upstreams", start);
                file.upstreams = section.members().filter_map(|(name, item)| upstream::read(name, &item)).map(Arc::new).collect();
            }
            _ => source.fault(start, "upstreams", "is not a table", "write [upstreams.<name>]"),
        }
    }
    if let Some(value) = document.get("routes") {
        let start = value.span().start;
        match value.get_ref() {
            DeValue::Array(values) => {
                let mut names = BTreeMap::new();
                for (index, value) in values.iter().enumerate().take(MOST) {
                    match value.get_ref() {
                        DeValue::Table(table) => {
                            let section = Section::new(source, table, format!("routes[{index}]"), value.span().start);
                            file.routes.extend(route::read(section, &mut names).map(Arc::new));
                        }
                        _ => source.fault(value.span().start, "routes", "is not a table", "write [[routes]]"),
                    }
                }
            }
            _ => source.fault(start, "routes", "is not a list of tables", "write [[routes]] before each route"),
        }
        if matches!(value.get_ref(), DeValue::Array(values) if values.len() > MOST) {
            source.fault(start, "routes", format!("has more than {MOST} routes"), "match more of them with one pattern");
        }
    }
    file
}

#[cfg(test)]
mod tests;
