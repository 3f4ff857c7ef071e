//! Mails: what they say, and how they leave.

mod compose;
mod file;
mod postman;
mod smtp;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use banyan_kernel::{Timestamp, Uuid};
use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use serde::{Deserialize, Serialize};

pub(crate) use compose::{Letter, LetterKind, base_url, compose, escape};
pub use file::FileMailer;
pub use smtp::SmtpMailer;

use crate::settings::MailSettings;

/// A mail to one person, ready to be sent. It holds a secret: it is sealed where it is stored, and never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Stays the same when the mail is sent again, so that the receiver can tell (`Message-ID`).
    pub id: Uuid,
    pub to: String,
    pub name: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// When it was written, in microseconds since the epoch.
    pub written_at: i64,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why a mail did not leave.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The next attempt may succeed.
    #[error("the mail could not be handed over: {0}")]
    Unavailable(String),
    /// No attempt will.
    #[error("the mail was refused: {0}")]
    Refused(String),
    #[error("`{0}` is not a sender such as `Banyan <no-reply@example.org>`")]
    Sender(String),
    #[error("the mail server's settings do not fit: {0}")]
    Server(String),
}

/// A way out for mails.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// # Errors
    /// [`MailError::Unavailable`] to be asked again later, [`MailError::Refused`] not to be.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}

/// SMTP where a host is set, files otherwise.
pub(crate) fn from_settings(settings: &MailSettings) -> Result<Arc<dyn Mailer>, MailError> {
    let from: Mailbox = settings.from.parse().map_err(|_| MailError::Sender(settings.from.clone()))?;
    Ok(match &settings.smtp_host {
        Some(host) => Arc::new(SmtpMailer::new(host, settings, from)?),
        None => Arc::new(FileMailer::new(settings.folder.clone(), from)),
    })
}

/// How the texts of a mail are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// So that every mail server lets them through.
    ForTransport,
    /// As they are, so that a person who opens the file can copy a link.
    ForReading,
}

impl Form {
    fn part(self, kind: ContentType, text: &str) -> SinglePart {
        let text = text.to_owned();
        let body = match self {
            Self::ForTransport => Body::new(text),
            Self::ForReading => {
                Body::new_with_encoding(text.clone(), ContentTransferEncoding::Binary).unwrap_or_else(|_| Body::new(text))
            }
        };
        SinglePart::builder().header(kind).body(body)
    }
}

/// The mail in the form of RFC 5322.
fn message(mail: &Mail, from: &Mailbox, form: Form) -> Result<Message, MailError> {
    let refused = |what: &dyn fmt::Display| MailError::Refused(what.to_string());
    // A name is one line of letters; the library gives up on anything else.
    let name: String = mail.name.chars().filter(|c| !c.is_control()).collect();
    let address = mail.to.parse().map_err(|error: lettre::address::AddressError| refused(&error))?;
    let seconds = u64::try_from(Timestamp::from_micros(mail.written_at).seconds()).unwrap_or(0);
    let written = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(Some(name).filter(|name| !name.is_empty()), address))
        .subject(mail.subject.clone())
        .date(written)
        .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
        .multipart(
            MultiPart::alternative()
                .singlepart(form.part(ContentType::TEXT_PLAIN, &mail.text))
                .singlepart(form.part(ContentType::TEXT_HTML, &mail.html)),
        )
        .map_err(|error| refused(&error))
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
        }
    }

    fn text(mail: &Mail) -> String {
        let from = "Banyan <no-reply@example.org>".parse().unwrap();
        String::from_utf8(message(mail, &from, Form::ForTransport).unwrap().formatted()).unwrap()
    }

    #[test]
    fn a_mail_has_both_forms_and_a_lasting_id() {
        let text = text(&mail());
        assert!(text.contains("To: Ann <ann@example.com>\r\n"), "{text}");
        assert!(text.contains("Message-ID: <00000000-0000-0000-0000-000000000007@example.org>\r\n"));
        assert!(text.contains("Date: Mon, 15 Jan 2024 10:30:00 +0000\r\n"));
        assert!(text.contains("text/plain") && text.contains("text/html"));
    }

    #[test]
    fn a_link_in_a_file_can_be_copied() {
        let link = format!("https://example.org/account/verify-email?token=bnv_{}", "x".repeat(90));
        let from = "Banyan <no-reply@example.org>".parse().unwrap();
        let mail = Mail { text: format!("Halo é,\n\n{link}\n"), ..mail() };
        let file = String::from_utf8(message(&mail, &from, Form::ForReading).unwrap().formatted()).unwrap();
        assert!(file.contains(&format!("\r\n{link}\r\n")), "{file}");
        let sent = String::from_utf8(message(&mail, &from, Form::ForTransport).unwrap().formatted()).unwrap();
        assert!(sent.lines().all(|line| line.len() <= 78) && sent.is_ascii(), "{sent}");
    }

    #[test]
    fn names_and_subjects_cannot_add_headers() {
        let hostile = Mail { name: "Ann\r\nBcc: eve@example.com".into(), subject: "Hi\r\nX-Evil: 1".into(), ..mail() };
        let text = text(&hostile);
        assert!(!text.contains("\r\nBcc:") && !text.contains("\r\nX-Evil:"), "{text}");
    }

    #[test]
    fn settings_choose_the_way_out_and_name_what_is_wrong() {
        assert!(from_settings(&MailSettings::default()).is_ok());
        let nobody = MailSettings { from: "nobody".into(), ..MailSettings::default() };
        assert!(matches!(from_settings(&nobody), Err(MailError::Sender(_))));
    }
}
