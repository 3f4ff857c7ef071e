//! Routes and upstreams that were stored over the API, laid beside those of the file.
//!
//! The file goes before them: an entry that does not fit the file, whichever of both came later, is left out with its reason, and the rest
//! goes on. Entries are judged together, in the order in which they are given.

mod judge;
mod text;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::diagnosis::{Diagnosis, Reason};
use super::file::{Declared, RouteEntry, RouteFile, UpstreamEntry};
pub(crate) use judge::{Judge, Laid};

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    Route,
    Upstream,
}

/// A route or an upstream in the words of the route file.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEntry {
    pub kind: EntryKind,
    pub name: String,
    /// What stands in `[[routes]]` or `[upstreams.<name>]`, but the name.
    pub definition: Map<String, Value>,
}

/// Why an entry is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub kind: EntryKind,
    pub name: String,
    /// The key of its definition, such as `timeout` or `endpoints[0]`; empty where it is all of it.
    pub key: String,
    pub reason: String,
    /// What would do.
    pub remedy: String,
    /// Its kind, where it has one.
    #[serde(default)]
    pub diagnosis: Option<Diagnosis>,
}

/// An entry that was read.
#[derive(Debug)]
pub(crate) enum Candidate {
    Route(Arc<RouteEntry>),
    Upstream(Arc<UpstreamEntry>),
    Refused(Vec<Refusal>),
}

impl StoredEntry {
    /// Reads the entry for itself.
    pub(crate) fn read(&self) -> Candidate {
        let text = match text::of(self) {
            Ok(text) => text,
            Err(refusal) => return Candidate::Refused(vec![*refusal]),
        };
        let file = match RouteFile::parse_parts(&text) {
            Ok(file) => file.declared_by(Declared::Api),
            Err(faults) => {
                let refusal = |fault: super::Fault| {
                    let reason = Reason { text: fault.reason, diagnosis: fault.diagnosis };
                    self.refused(&fault.key, reason, fault.remedy)
                };
                return Candidate::Refused(faults.into_iter().map(refusal).collect());
            }
        };
        match (file.routes.into_iter().next(), file.upstreams.into_iter().next()) {
            (Some(route), None) => Candidate::Route(route),
            (None, Some(upstream)) => Candidate::Upstream(upstream),
            _ => Candidate::Refused(vec![self.refused("", "says nothing".to_owned(), "fill it in".to_owned())]),
        }
    }

    /// `key` as a route file's fault has it.
    fn refused(&self, key: &str, reason: impl Into<Reason>, remedy: String) -> Refusal {
        refusal(self.kind, &self.name, key, reason, remedy)
    }
}

fn refusal(kind: EntryKind, name: &str, key: &str, reason: impl Into<Reason>, remedy: String) -> Refusal {
    let section = match kind {
        EntryKind::Route => "routes",
        EntryKind::Upstream => "upstreams",
    };
    let of_nobody = key.strip_prefix("routes[0]");
    let of_name = key.strip_prefix(section).and_then(|rest| rest.strip_prefix('.')).and_then(|rest| rest.strip_prefix(name));
    let key = of_nobody.or(of_name).map_or(key, |rest| rest.trim_start_matches('.'));
    let Reason { text: reason, diagnosis } = reason.into();
    Refusal { kind, name: name.to_owned(), key: key.to_owned(), reason, remedy, diagnosis }
}

#[cfg(test)]
mod tests;
