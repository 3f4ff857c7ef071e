//! What is wrong with the settings: key, place and fix of every mistake at once.

use std::fmt;
use std::path::PathBuf;

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Default,
    /// A line counts from 1.
    File {
        path: PathBuf,
        line: usize,
    },
    Variable(String),
    /// A file that holds a secret, and who named it.
    SecretFile {
        path: PathBuf,
        named_by: Box<Place>,
    },
    Flag(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::SecretFile { path, named_by } => write!(f, "{} ({named_by})", path.display()),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) place: Option<Place>,
    pub(crate) problem: String,
}

impl Finding {
    pub(crate) fn at(place: Place, problem: impl Into<String>) -> Self {
        Self { place: Some(place), problem: problem.into() }
    }

    pub(crate) fn general(problem: impl Into<String>) -> Self {
        Self { place: None, problem: problem.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.problem),
            None => f.write_str(&self.problem),
        }
    }
}

/// All mistakes in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SettingsError {
    pub(crate) findings: Vec<Finding>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.findings.len() {
            1 => f.write_str("a setting is wrong:")?,
            count => write!(f, "{count} settings are wrong:")?,
        }
        self.findings.iter().try_for_each(|finding| write!(f, "\n  {finding}"))?;
        f.write_str("\nAll settings are in docs/configuration.md; `banyan config --reference` prints them, too.")
    }
}

impl std::error::Error for SettingsError {}
