//! Secrets that stand in the settings, or in a file that the settings name.

use std::path::PathBuf;

use banyan_kernel::Secret;
use serde::Deserialize;

/// A text of several lines that nobody likes in a settings file, such as a key in PEM.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SecretText {
    /// The text itself.
    Text(Secret<String>),
    /// A file that holds it.
    File(PathBuf),
}

impl SecretText {
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn read(&self) -> std::io::Result<Secret<String>> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::File(path) => std::fs::read_to_string(path).map(Secret::new),
        }
    }
}
