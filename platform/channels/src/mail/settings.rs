//! How mails leave: the section `[mail]` of the settings.

use std::path::PathBuf;

use banyan_kernel::Secret;
use serde::Deserialize;

/// All have defaults that suit one machine.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailSettings {
    /// `From:` of all mails.
    pub from: String,
    /// Without a host mails are written to files.
    pub smtp_host: Option<String>,
    /// Default: 465 with `implicit` security, 587 with `starttls`, 25 with `opportunistic` and `none`.
    pub smtp_port: Option<u16>,
    pub smtp_user: Option<String>,
    pub smtp_password: Option<Secret<String>>,
    pub smtp_security: SmtpSecurity,
    /// A file of the certificate authorities that are believed besides those of browsers, in PEM: for a mail server of one's own.
    pub smtp_authorities: Option<PathBuf>,
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
    /// TLS where the server offers it; without it no password is sent. Somebody on the way can take the offer away.
    Opportunistic,
    /// None: for a relay on the same machine only.
    None,
}

impl MailSettings {
    pub(super) fn port(&self) -> u16 {
        self.smtp_port.unwrap_or(match self.smtp_security {
            SmtpSecurity::Implicit => 465,
            SmtpSecurity::Starttls => 587,
            SmtpSecurity::Opportunistic | SmtpSecurity::None => 25,
        })
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
            smtp_authorities: None,
            folder: PathBuf::from("mail"),
        }
    }
}

/// No mail could leave with these settings.
#[derive(Debug, thiserror::Error)]
pub enum MailSettingsError {
    #[error("`{0}` is not a sender such as `Banyan <no-reply@example.org>`")]
    Sender(String),
    #[error("the mail server's settings do not fit: {0}")]
    Server(#[from] lettre::transport::smtp::Error),
    #[error("`smtp_authorities`: {}: {source}", path.display())]
    Authorities { path: PathBuf, source: std::io::Error },
}
