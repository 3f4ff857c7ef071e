//! What runs here.

/// The version that runs, for `/health`, the metrics and the first log line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildInfo {
    /// `SERVICE_VERSION` if the operator sets it, else the package's version.
    pub version: String,
    /// The commit it was built from; empty when unknown.
    pub commit: String,
}

impl BuildInfo {
    pub fn new(version: impl Into<String>) -> Self {
        Self { version: version.into(), commit: String::new() }
    }

    #[must_use]
    pub fn with_commit(mut self, commit: impl Into<String>) -> Self {
        self.commit = commit.into();
        self
    }
}
