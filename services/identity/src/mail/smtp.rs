//! Mails by SMTP (RFC 5321), encrypted unless the settings say otherwise.

use std::time::Duration;

use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::{Form, Mail, MailError, Mailer, message};
use crate::settings::{MailSettings, SmtpSecurity};

/// For each step of the conversation with the server.
const DEADLINE: Duration = Duration::from_secs(10);
/// For the whole conversation.
const WHOLE_DEADLINE: Duration = Duration::from_secs(60);

#[derive(Clone, Debug)]
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl SmtpMailer {
    /// # Errors
    /// [`MailError::Server`] when the host is not a name that a certificate can have.
    pub fn new(host: &str, settings: &MailSettings, from: Mailbox) -> Result<Self, MailError> {
        let refused = |error: lettre::transport::smtp::Error| MailError::Server(error.to_string());
        let mut builder = match settings.smtp_security {
            SmtpSecurity::Starttls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host).map_err(refused)?,
            SmtpSecurity::Implicit => AsyncSmtpTransport::<Tokio1Executor>::relay(host).map_err(refused)?,
            SmtpSecurity::None => AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host),
        };
        if let Some(port) = settings.smtp_port {
            builder = builder.port(port);
        }
        if let (Some(user), Some(password)) = (&settings.smtp_user, &settings.smtp_password) {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().clone()));
        }
        Ok(Self { transport: builder.timeout(Some(DEADLINE)).build(), from })
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = message(mail, &self.from, Form::ForTransport)?;
        let sending = tokio::time::timeout(WHOLE_DEADLINE, self.transport.send(message));
        match sending.await {
            Err(_) => Err(MailError::Unavailable("the mail server took longer than a minute".to_owned())),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_permanent() => Err(MailError::Refused(error.to_string())),
            Ok(Err(error)) => Err(MailError::Unavailable(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    /// A mail server that answers each command by the first word's entry, and gives what it heard.
    async fn server(recipient_answer: &'static str) -> (u16, tokio::task::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            let mut heard = Vec::new();
            write.write_all(b"220 test\r\n").await.unwrap();
            let mut in_data = false;
            while let Ok(Some(line)) = lines.next_line().await {
                let answer = match line.split([' ', ':']).next().unwrap_or_default() {
                    "." => "250 taken\r\n",
                    _ if in_data => "",
                    "EHLO" => "250 test\r\n",
                    "RCPT" => recipient_answer,
                    "DATA" => "354 go on\r\n",
                    "QUIT" => "221 bye\r\n",
                    _ => "250 ok\r\n",
                };
                in_data = (in_data || line == "DATA") && line != ".";
                heard.push(line);
                if write.write_all(answer.as_bytes()).await.is_err() {
                    break;
                }
            }
            heard
        });
        (port, task)
    }

    fn mailer(port: u16) -> SmtpMailer {
        let settings = MailSettings { smtp_port: Some(port), smtp_security: SmtpSecurity::None, ..MailSettings::default() };
        SmtpMailer::new("127.0.0.1", &settings, "Banyan <no-reply@example.org>".parse().unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_mail_is_handed_over() {
        let (port, server) = server("250 ok\r\n").await;
        mailer(port).send(&super::super::tests::mail()).await.unwrap();
        let heard = server.await.unwrap();
        assert!(heard.iter().any(|line| line.starts_with("RCPT TO:<ann@example.com>")), "{heard:?}");
        assert!(heard.iter().any(|line| line == "Subject: Selamat datang"), "{heard:?}");
    }

    #[tokio::test]
    async fn a_refusal_for_good_is_told_apart_from_one_for_now() {
        let (port, _) = server("550 no such person\r\n").await;
        assert!(matches!(mailer(port).send(&super::super::tests::mail()).await, Err(MailError::Refused(_))));
        let (port, _) = server("451 later\r\n").await;
        assert!(matches!(mailer(port).send(&super::super::tests::mail()).await, Err(MailError::Unavailable(_))));
    }

    #[tokio::test]
    async fn nobody_there_is_no_reason_to_give_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        assert!(matches!(mailer(port).send(&super::super::tests::mail()).await, Err(MailError::Unavailable(_))));
    }
}
