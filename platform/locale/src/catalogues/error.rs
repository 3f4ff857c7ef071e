//! What can be wrong with catalogues.

use super::source::Place;
use std::fmt;
use std::path::PathBuf;

/// Everything that is wrong with the catalogues, each with its file and line.
#[derive(Debug)]
pub struct BuildError {
    pub problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("{place}: {reason}")]
    Syntax { place: Place, reason: String },
    #[error("{place}: `{name}` is already at {first}; one layer says a thing once")]
    Twice { place: Place, first: Place, name: String },
    #[error("{place}: `{name}` is the name of a function")]
    Reserved { place: Place, name: String },
    #[error("{place}: {number} has more than {most} characters")]
    Number { place: Place, number: String, most: usize },
    #[error("{file}: a message has more than {most} opening braces and brackets; divide it")]
    TooComplex { file: String, most: usize },
    #[error("{file}: {size} bytes are more than {most}")]
    TooLarge { file: String, size: usize, most: usize },
    #[error("{file}: {source}")]
    Locale { file: String, source: crate::LocaleError },
    #[error("{}: {source}", .path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("no catalogue for {fallback}, which every other language falls back to")]
    NoFallback { fallback: &'static str },
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the message catalogues have {} problem(s)", self.problems.len())?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for BuildError {}
