//! `banyan doctor`: what is wrong with this installation, each finding with its remedy.

mod cache;
mod directory;
mod engine;
mod postgres;
mod replicas;
mod surroundings;

use serde::Serialize;

use crate::settings::Loaded;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// As it should be.
    Fine,
    /// Good to know.
    Note,
    /// Works, and should be changed.
    Warning,
    /// Does not work, or is not safe.
    Wrong,
}

/// What was looked at and found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    /// Names the check, for programs.
    pub(crate) check: &'static str,
    pub(crate) severity: Severity,
    pub(crate) found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remedy: Option<String>,
}

impl Finding {
    fn fine(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, severity: Severity::Fine, found: found.into(), remedy: None }
    }

    fn note(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, severity: Severity::Note, found: found.into(), remedy: Some(remedy.into()) }
    }

    fn warning(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, severity: Severity::Warning, found: found.into(), remedy: Some(remedy.into()) }
    }

    fn wrong(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, severity: Severity::Wrong, found: found.into(), remedy: Some(remedy.into()) }
    }
}

/// Looks at everything. Nothing is changed.
pub(crate) fn examine(loaded: &Loaded) -> Vec<Finding> {
    let mut findings = Vec::new();
    directory::examine(loaded, &mut findings);
    engine::examine(loaded, &mut findings);
    cache::examine(loaded, &mut findings);
    surroundings::examine(loaded, &mut findings);
    findings
}
