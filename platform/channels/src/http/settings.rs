//! What can be set about HTTP outwards.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::guard::GuardSettings;

/// All have defaults for the open internet.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSettings {
    pub guard: GuardSettings,
    /// For one exchange, in seconds: 1 to 120.
    pub deadline_seconds: u64,
    /// As much of an answer is read, in bytes.
    pub longest_answer: usize,
    /// A file of the certificate authorities that are believed, and no others, in PEM. Not set: those that browsers believe.
    pub authorities: Option<PathBuf>,
}

impl HttpSettings {
    pub(crate) fn deadline(&self) -> Duration {
        Duration::from_secs(self.deadline_seconds.clamp(1, 120))
    }
}

impl Default for HttpSettings {
    /// 20 seconds, as Standard Webhooks asks for 15 to 30; 64 KiB.
    fn default() -> Self {
        Self { guard: GuardSettings::default(), deadline_seconds: 20, longest_answer: 64 * 1024, authorities: None }
    }
}
