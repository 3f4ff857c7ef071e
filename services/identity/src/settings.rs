//! What can be set: the section `[identity]` of the settings.

use std::num::NonZeroUsize;
use std::path::PathBuf;

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

/// How mails leave.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailSettings {
    /// `From:` of all mails.
    pub from: String,
    /// Without a host mails are written to files.
    pub smtp_host: Option<String>,
    /// Default: 465 with `implicit` security, 587 with `starttls`, 25 with `none`.
    pub smtp_port: Option<u16>,
    pub smtp_user: Option<String>,
    pub smtp_password: Option<Secret<String>>,
    pub smtp_security: SmtpSecurity,
    /// Where the files go. The server sets it to `mail/` in the data directory.
    pub folder: PathBuf,
}

/// How the connection to the mail server is kept private.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpSecurity {
    /// TLS after STARTTLS, required.
    Starttls,
    /// TLS from the first byte.
    Implicit,
    /// None: for a relay on the same machine only.
    None,
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

impl Default for MailSettings {
    fn default() -> Self {
        Self {
            from: "Banyan <no-reply@localhost>".to_owned(),
            smtp_host: None,
            smtp_port: None,
            smtp_user: None,
            smtp_password: None,
            smtp_security: SmtpSecurity::Starttls,
            folder: PathBuf::from("mail"),
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
