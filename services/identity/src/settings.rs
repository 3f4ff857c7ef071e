//! What can be set: the section `[identity]` of the settings.

use std::num::NonZeroUsize;

use banyan_channels::mail::MailSettings;
use banyan_kernel::Secret;
use serde::Deserialize;

/// All have defaults that suit one machine.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `iss` of access tokens.
    pub issuer: String,
    /// `aud` of access tokens.
    pub audience: String,
    /// Where people reach this installation: the beginning of the links in mails.
    pub public_url: String,
    /// How many passwords are hashed at the same time; each takes a core and 19 MiB. Default: one less than there are cores.
    pub hashing_workers: Option<NonZeroUsize>,
    /// The secret by which another system signed its tokens with HS256, at least 32 bytes. Set, such tokens are accepted, for as
    /// long as people move over from that system.
    pub legacy_secret: Option<Secret<String>>,
    pub mail: MailSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            issuer: "banyan".to_owned(),
            audience: "banyan-api".to_owned(),
            public_url: "http://localhost:8080".to_owned(),
            hashing_workers: None,
            legacy_secret: None,
            mail: MailSettings::default(),
        }
    }
}

impl Settings {
    /// One core is left to everybody else.
    pub(crate) fn workers(&self) -> NonZeroUsize {
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let spare = NonZeroUsize::new(cores.get() - 1).unwrap_or(NonZeroUsize::MIN);
        self.hashing_workers.unwrap_or(spare)
    }
}
