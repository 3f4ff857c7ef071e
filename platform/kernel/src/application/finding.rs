//! What is wrong in an application's folder, with the file and the key.

use std::fmt;

use serde::de::DeserializeOwned;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The path from the repository's root.
    pub file: String,
    /// Counted from 1, where it is known.
    pub line: Option<usize>,
    /// The key as it is written in TOML: `rate_limits.api.requests`.
    pub key: Option<String>,
    pub message: String,
}

impl Finding {
    pub fn of_file(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, key: None, message: message.into() }
    }

    pub fn of_key(file: &str, key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, key: Some(key.into()), message: message.into() }
    }

    fn of_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map(|span| span.start.min(text.len()));
        let line = start.map(|start| text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1);
        let key = line.and_then(|line| text.lines().nth(line - 1)).and_then(key_of_line);
        Self { file: file.into(), line, key, message: error.message().into() }
    }
}

/// `name = "x"` → `name`; `[[plans]]` → `plans`.
fn key_of_line(line: &str) -> Option<String> {
    let line = line.trim();
    let key = match line.strip_prefix('[') {
        Some(header) => header.trim_matches(['[', ']']).trim(),
        None => line.split_once('=')?.0.trim(),
    };
    (!key.is_empty()).then(|| key.to_owned())
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ": `{key}`")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Everything that is wrong in the applications' folders, one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationError {
    pub findings: Vec<Finding>,
}

impl fmt::Display for ApplicationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, finding) in self.findings.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            finding.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ApplicationError {}

/// Reads a TOML document of an application into a service's own type.
///
/// # Errors
/// One finding with the file, the line and the key.
pub fn parse_toml<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, ApplicationError> {
    toml::from_str(text).map_err(|error| ApplicationError { findings: vec![Finding::of_toml(file, text, &error)] })
}
