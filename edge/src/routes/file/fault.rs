//! What is wrong with a route file.

use std::fmt;

use crate::routes::diagnosis::Diagnosis;

/// One mistake, where it stands, and what would do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Counted from 1.
    pub line: usize,
    /// Characters of the line, counted from 1.
    pub column: usize,
    /// `routes.shop.timeout`; empty where the file is no TOML.
    pub key: String,
    pub reason: String,
    /// What would do.
    pub remedy: String,
    /// Its kind, where it has one.
    pub diagnosis: Option<Diagnosis>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.key.is_empty() {
            write!(f, "`{}` ", self.key)?;
        }
        write!(f, "{}; {}", self.reason, self.remedy)
    }
}

impl std::error::Error for Fault {}

/// Line and column of a byte of the text, each from 1.
pub(super) fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte.min(text.len())).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
