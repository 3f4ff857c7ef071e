//! What is wrong with routes under a name of its own, so that it can be said in any language.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A kind of mistake, and what it is about. Its code is stable; the control plane has a message for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// In kebab case: `unknown-key`.
    pub code: Cow<'static, str>,
    /// What the message names.
    pub values: BTreeMap<Cow<'static, str>, String>,
}

/// Every kind that there is.
pub const DIAGNOSES: &[&str] = &[
    "ambiguous",
    "exactly-one",
    "goes-round",
    "hides",
    "missing",
    "name-of-file",
    "name-of-service",
    "name-taken",
    "names-files",
    "no-effect",
    "no-endpoint",
    "nobody-answers",
    "not-list",
    "not-number",
    "not-table",
    "not-text",
    "not-whole",
    "nowhere",
    "null",
    "out-of-reach",
    "reserved-name",
    "said-already",
    "several-answer",
    "several-places",
    "status",
    "takes-what-is-kept",
    "unknown-key",
    "unknown-key-close",
    "unknown-limit-class",
    "unknown-service",
    "unknown-upstream",
    "unknown-word",
    "unknown-word-close",
    "unreachable",
];

/// A reason in the English of route files, and its kind where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) text: String,
    pub(crate) diagnosis: Option<Diagnosis>,
}

impl Reason {
    pub(crate) fn of(code: &'static str, text: impl Into<String>) -> Self {
        debug_assert!(DIAGNOSES.contains(&code), "`{code}` is not in the list");
        Self { text: text.into(), diagnosis: Some(Diagnosis { code: code.into(), values: BTreeMap::new() }) }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Some(diagnosis) = &mut self.diagnosis {
            diagnosis.values.insert(name.into(), value.into());
        }
        self
    }

    /// A key that has to be there.
    pub(crate) fn missing(what: &'static str) -> Self {
        Self::of("missing", format!("has no `{what}`")).with("what", what)
    }
}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), diagnosis: None }
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self { text, diagnosis: None }
    }
}
