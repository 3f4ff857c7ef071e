//! Mail: what a mail is, and the ways out for it.

mod file;
mod message;
mod settings;
mod smtp;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use banyan_kernel::Uuid;
use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};

pub use file::FileMailer;
pub use settings::{MailSettings, MailSettingsError, SmtpSecurity};
pub use smtp::SmtpMailer;

use crate::attempt::Attempt;

/// A mail to one person, ready to be sent. It may hold a secret: it is sealed where it is stored, and never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Stays the same when the mail is sent again, so that the receiver can tell (`Message-ID`).
    pub id: Uuid,
    pub to: String,
    /// The person's name; may be empty.
    pub name: String,
    pub subject: String,
    pub text: String,
    /// Styles stand in `style` attributes: many mail programs drop everything else, so a style sheet is refused.
    pub html: String,
    /// When it was written, in microseconds since the epoch.
    pub written_at: i64,
    /// How a person ends mails of this kind. Not for those that somebody asked for, such as a new password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsubscribe: Option<Unsubscribe>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("id", &self.id).finish_non_exhaustive()
    }
}

/// `List-Unsubscribe` (RFC 2369), and with one click (RFC 8058).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsubscribe {
    /// An `https` address that ends the mails when `List-Unsubscribe=One-Click` is posted to it, without a log-in: it carries its own proof.
    /// Shown in a browser it may ask first.
    pub url: String,
    /// An address that takes the same wish by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
}

/// A way out for mails.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// # Errors
    /// [`Refused`](crate::Refused); gone means that the mailbox does not exist.
    async fn send(&self, mail: &Mail) -> Attempt;
}

/// SMTP where a host is set, files otherwise.
///
/// # Errors
/// When the sender is no mailbox, or the settings of the server do not fit.
pub fn from_settings(settings: &MailSettings) -> Result<Arc<dyn Mailer>, MailSettingsError> {
    let from: Mailbox = settings.from.parse().map_err(|_| MailSettingsError::Sender(settings.from.clone()))?;
    Ok(match &settings.smtp_host {
        Some(host) => Arc::new(SmtpMailer::new(host, settings, from)?),
        None => Arc::new(FileMailer::new(settings.folder.clone(), from)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn mail() -> Mail {
        Mail {
            id: Uuid::from_u128(7),
            to: "ann@example.com".into(),
            name: "Ann".into(),
            subject: "Selamat datang".into(),
            text: "plain".into(),
            html: "<p>rich</p>".into(),
            written_at: 1_705_314_600_000_000,
            unsubscribe: None,
        }
    }

    #[test]
    fn settings_choose_the_way_out_and_name_what_is_wrong() {
        assert!(from_settings(&MailSettings::default()).is_ok());
        let nobody = MailSettings { from: "nobody".into(), ..MailSettings::default() };
        assert!(matches!(from_settings(&nobody), Err(MailSettingsError::Sender(_))));
        let missing = MailSettings {
            smtp_host: Some("mail.example.org".into()),
            smtp_authorities: Some("/nowhere/at/all.pem".into()),
            ..MailSettings::default()
        };
        assert!(matches!(from_settings(&missing), Err(MailSettingsError::Authorities { .. })));
        assert!(serde_json::from_str::<MailSettings>(r#"{"smtp_pasword": "x"}"#).is_err());
        let secret =
            MailSettings { smtp_password: Some(banyan_kernel::Secret::new("hunter2".into())), ..MailSettings::default() };
        assert!(!format!("{secret:?}").contains("hunter2"));
    }

    #[test]
    fn a_mail_that_was_stored_before_still_reads() {
        let stored = r#"{"id":"00000000-0000-0000-0000-000000000007","to":"ann@example.com","name":"Ann","subject":"Selamat datang","text":"plain","html":"<p>rich</p>","written_at":1705314600000000}"#;
        assert!(serde_json::from_str::<Mail>(stored).unwrap() == mail());
        assert_eq!(serde_json::to_string(&mail()).unwrap(), stored);
    }
}
