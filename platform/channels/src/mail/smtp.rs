//! Mails by SMTP (RFC 5321), encrypted unless the settings say otherwise.
//!
//! The conversation is led step by step, since the step decides what a refusal means: 550 to a recipient is about that mailbox, 535 to a log-in is
//! about our own settings, and no mail may be given up for that.

use std::error::Error as _;
use std::time::Duration;

use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::Response;
use lettre::{Address, Message, address::Envelope};

use super::message::{Form, message};
use super::settings::{MailSettings, MailSettingsError, SmtpSecurity};
use super::{Mail, Mailer};
use crate::attempt::{Attempt, Delivered, Hope, MessageError, ProviderWord, Reason, Refused, SmtpStep};

/// To connect.
const CONNECT: Duration = Duration::from_secs(10);
/// For the whole conversation. A server may take minutes over the content (RFC 5321, section 4.5.3.2), those of today do not.
const DEADLINE: Duration = Duration::from_secs(60);
/// To say good-bye, once the mail is taken.
const QUIT: Duration = Duration::from_secs(2);

/// A connection for each mail.
#[derive(Clone)]
pub struct SmtpMailer {
    host: String,
    port: u16,
    security: SmtpSecurity,
    tls: TlsParameters,
    log_in: Option<Credentials>,
    from: Mailbox,
}

impl std::fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpMailer").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl SmtpMailer {
    /// # Errors
    /// [`MailSettingsError`] when the host is not a name that a certificate can have, or the authorities cannot be read.
    pub fn new(host: &str, settings: &MailSettings, from: Mailbox) -> Result<Self, MailSettingsError> {
        let mut tls = TlsParameters::builder(host.to_owned());
        if let Some(path) = &settings.smtp_authorities {
            let unreadable = |source| MailSettingsError::Authorities { path: path.clone(), source };
            tls = tls.add_root_certificate(Certificate::from_pem(&std::fs::read(path).map_err(unreadable)?)?);
        }
        let log_in = match (&settings.smtp_user, &settings.smtp_password) {
            (Some(user), Some(password)) => Some(Credentials::new(user.clone(), password.expose().clone())),
            _ => None,
        };
        let (port, security) = (settings.port(), settings.smtp_security);
        Ok(Self { host: host.to_owned(), port, security, tls: tls.build()?, log_in, from })
    }

    async fn hand_over(&self, message: &Message) -> Attempt {
        let mut connection = self.connect().await?;
        let taken = converse(&mut connection, message.envelope(), &message.formatted()).await;
        let ending = async {
            match taken {
                Ok(_) => drop(connection.quit().await),
                Err(_) => connection.abort().await,
            }
        };
        let _ = tokio::time::timeout(QUIT, ending).await;
        taken.map(|response| Delivered::as_(&response.message().collect::<Vec<_>>().join(" ")))
    }

    /// Greeted, encrypted and logged in. Whatever goes wrong until here is not about the mail.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Refused> {
        let hello = |error: Error| Refused::for_now(reason(&error, SmtpStep::Hello).unwrap_or(Reason::Unreachable));
        let name = ClientId::Domain(self.from.email.domain().to_owned());
        let at_once = (self.security == SmtpSecurity::Implicit).then(|| self.tls.clone());
        let server = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT), &name, at_once, None).await.map_err(hello)?;
        match self.security {
            SmtpSecurity::Starttls if !connection.can_starttls() => return Err(Refused::for_now(Reason::Tls)),
            SmtpSecurity::Starttls => connection.starttls(self.tls.clone(), &name).await.map_err(hello)?,
            SmtpSecurity::Opportunistic if connection.can_starttls() => {
                connection.starttls(self.tls.clone(), &name).await.map_err(hello)?;
            }
            _ => {}
        }
        let Some(log_in) = &self.log_in else { return Ok(connection) };
        if self.security != SmtpSecurity::None && !connection.is_encrypted() {
            return Err(Refused::for_now(Reason::Tls));
        }
        let refused = |error: Error| match reason(&error, SmtpStep::LogIn) {
            Some(reason) => Refused::for_now(reason),
            None if error.is_client() => {
                Refused::for_now(Reason::Settings("the mail server takes no log-in by name and password"))
            }
            None => Refused::for_now(Reason::Protocol),
        };
        connection.auth(&[Mechanism::Plain, Mechanism::Login], log_in).await.map_err(refused)?;
        Ok(connection)
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Attempt {
        let message = message(mail, &self.from, Form::ForTransport)?;
        tokio::time::timeout(DEADLINE, self.hand_over(&message)).await.unwrap_or(Err(Refused::for_now(Reason::Deadline)))
    }
}

async fn converse(connection: &mut AsyncSmtpConnection, envelope: &Envelope, bytes: &[u8]) -> Result<Response, Refused> {
    let mut parameters = Vec::new();
    let ascii = |address: &Address| address.user().is_ascii() && address.domain().is_ascii();
    if !envelope.to().iter().chain(envelope.from()).all(ascii) {
        // The part before the `@`: only some servers take other letters there (RFC 6531).
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Refused::message("to", MessageError::Malformed));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    let sender = MailFrom::new(envelope.from().cloned(), parameters);
    connection.command(sender).await.map_err(|error| refused(&error, SmtpStep::Sender))?;
    for recipient in envelope.to() {
        let recipient = Rcpt::new(recipient.clone(), Vec::new());
        connection.command(recipient).await.map_err(|error| refused(&error, SmtpStep::Recipient))?;
    }
    connection.command(Data).await.map_err(|error| refused(&error, SmtpStep::Content))?;
    connection.message(bytes).await.map_err(|error| refused(&error, SmtpStep::Content))
}

/// What a step after the greeting failed with. Without an answer the mail may have arrived: it is sent again, with the same `Message-ID`.
fn refused(error: &Error, step: SmtpStep) -> Refused {
    let reason = reason(error, step).unwrap_or(Reason::Protocol);
    Refused { hope: hope(&reason), reason }
}

fn reason(error: &Error, step: SmtpStep) -> Option<Reason> {
    if let Some(code) = error.status() {
        let text = error.source().map(ToString::to_string).unwrap_or_default();
        return Some(Reason::Smtp { step, code: code.into(), enhanced: enhanced(&text) });
    }
    let causes = std::iter::successors(error.source(), |cause: &&(dyn std::error::Error + 'static)| (**cause).source());
    if error.is_tls() || causes.into_iter().any(is_handshake) {
        return Some(Reason::Tls);
    }
    error.is_timeout().then_some(Reason::Deadline)
}

/// A handshake fails with an error of input and output that holds one of the TLS library.
fn is_handshake(cause: &(dyn std::error::Error + 'static)) -> bool {
    let of_tls = |error: &std::io::Error| error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
    cause.is::<rustls::Error>() || cause.downcast_ref().is_some_and(of_tls)
}

/// The code of RFC 3463 at the beginning of the text: `5.1.1`. The text itself may quote anything.
fn enhanced(text: &str) -> Option<ProviderWord> {
    let word = text.split_ascii_whitespace().next()?;
    let parts: Vec<&str> = word.split('.').collect();
    let number = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if parts.len() == 3 && parts.iter().all(number) { ProviderWord::new(word) } else { None }
}

fn hope(reason: &Reason) -> Hope {
    let later = Hope::Temporary { retry_after: None };
    let Reason::Smtp { step, code, enhanced } = reason else { return later };
    let enhanced = enhanced.as_ref().map(ProviderWord::as_str);
    let class = |prefix: &str| enhanced.is_some_and(|word| word.starts_with(prefix));
    match (step, code) {
        (_, ..500) | (SmtpStep::Hello | SmtpStep::LogIn, _) => later,
        // Log-in is asked for, or too weak: our settings, not the mail. So is a sender that the server does not take from us.
        (_, 530 | 534 | 535 | 538) | (SmtpStep::Sender, _) => later,
        // No such mailbox, moved, disabled, a name that cannot be one. A full mailbox gets emptied.
        (SmtpStep::Recipient, _) if class("5.2.2") => later,
        (SmtpStep::Recipient, 552) => later,
        (SmtpStep::Recipient | SmtpStep::Content, _) if class("5.1.") || class("5.2.1") => Hope::Gone,
        (SmtpStep::Recipient, 550 | 551 | 553) if enhanced.is_none() || class("5.0.") => Hope::Gone,
        _ => Hope::Permanent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_whether_to_come_again() {
        use SmtpStep::*;
        let hope = |step, code, text: &str| hope(&Reason::Smtp { step, code, enhanced: enhanced(text) }).word();
        for (step, code, text, expected) in [
            (Hello, 421, "4.3.2 closing", "temporary"),
            (Hello, 554, "no service for you", "temporary"),
            (LogIn, 535, "5.7.8 bad credentials", "temporary"),
            (Sender, 451, "later", "temporary"),
            (Sender, 530, "5.7.0 log in first", "temporary"),
            (Sender, 550, "5.7.1 not your domain", "temporary"),
            (Recipient, 450, "greylisted", "temporary"),
            (Recipient, 452, "4.2.2 full", "temporary"),
            (Recipient, 552, "5.2.2 full", "temporary"),
            (Recipient, 550, "no such user", "gone"),
            (Recipient, 550, "5.1.1 no such user", "gone"),
            (Recipient, 551, "moved", "gone"),
            (Recipient, 553, "not a name", "gone"),
            (Recipient, 550, "5.2.1 disabled", "gone"),
            (Recipient, 554, "5.1.1 no such user", "gone"),
            (Recipient, 550, "5.7.1 policy", "permanent"),
            (Recipient, 554, "no", "permanent"),
            (Content, 550, "5.1.1 no such user", "gone"),
            (Content, 552, "5.3.4 too large", "permanent"),
            (Content, 554, "5.7.1 spam", "permanent"),
            (Content, 550, "spam", "permanent"),
            (Content, 451, "4.3.0 disk", "temporary"),
        ] {
            assert_eq!(hope(step, code, text), expected, "{step:?} {code} {text}");
        }
    }

    #[test]
    fn only_the_code_is_taken_from_what_a_server_writes() {
        assert_eq!(enhanced("5.1.1 <ann@example.com> unknown").unwrap().as_str(), "5.1.1");
        for text in ["", "ann@example.com unknown", "5.1 x", "5.1.1.1 x", "5.x.1", "1234.1.1"] {
            assert_eq!(enhanced(text), None, "{text}");
        }
    }
}
