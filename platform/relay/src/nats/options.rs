//! What is set about NATS, and what of it cannot be.

use std::path::PathBuf;
use std::time::Duration;

use async_nats::{ConnectOptions, ServerAddr};
use banyan_events::log::SinkError;
use banyan_kernel::Secret;

/// A user and a password.
type Login = (String, Secret<String>);

/// Where the stream is, and what it is like.
#[derive(Clone, Debug)]
pub struct NatsOptions {
    servers: Vec<ServerAddr>,
    user: Option<Login>,
    pub(super) stream: String,
    pub(super) prefix: String,
    /// A file with a JWT and a seed, as `nsc` writes it.
    pub credentials: Option<PathBuf>,
    pub token: Option<Secret<String>>,
    /// Certificates in PEM that the broker is trusted by, beside the system's.
    pub roots: Option<PathBuf>,
    /// Certificate and key in PEM by which the broker knows this program.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Messages older than that go; zero: they stay.
    pub max_age: Duration,
    /// The oldest go when there are more; 0: no bound.
    pub max_bytes: u64,
    /// 1 to 5.
    pub replicas: usize,
}

/// Settings that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error(
        "`{0}` is no address of NATS; write it as nats://host:4222 or tls://user:password@host:4222, several with commas between them"
    )]
    Url(String),
    #[error("`{0}` is no name of a stream: letters, digits, `-` and `_`, up to 64 of them")]
    Stream(String),
    #[error("`{0}` cannot begin subjects: letters, digits, `-` and `_`, with points between them, up to 64 of them")]
    Prefix(String),
}

impl NatsOptions {
    /// `url`: one server or, with commas between them, several of one cluster.
    ///
    /// # Errors
    /// When one of them has another form.
    pub fn new(url: &Secret<String>, stream: &str, prefix: &str) -> Result<Self, Unusable> {
        let (mut servers, mut user) = (Vec::new(), None);
        for one in url.expose().split(',').map(str::trim) {
            let (server, own) = address(one).ok_or_else(|| Unusable::Url(hidden(one)))?;
            servers.push(server);
            user = user.or(own);
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let is_token = |token: &str| !token.is_empty() && token.chars().all(plain);
        if !is_token(stream) || stream.len() > 64 {
            return Err(Unusable::Stream(stream.to_owned()));
        }
        // What begins with `$` is the broker's own; `_INBOX` its clients'.
        if !prefix.split('.').all(is_token) || prefix.len() > 64 || prefix.starts_with('_') {
            return Err(Unusable::Prefix(prefix.to_owned()));
        }
        Ok(Self {
            servers,
            user,
            stream: stream.to_owned(),
            prefix: prefix.to_owned(),
            credentials: None,
            token: None,
            roots: None,
            certificate: None,
            max_age: Duration::ZERO,
            max_bytes: 0,
            replicas: 1,
        })
    }

    pub(super) fn servers(&self) -> Vec<ServerAddr> {
        self.servers.clone()
    }

    /// Without passwords.
    pub(super) fn shown(&self) -> String {
        let shown: Vec<String> = self.servers.iter().map(|server| format!("{}:{}", server.host(), server.port())).collect();
        shown.join(", ")
    }

    pub(super) async fn connect_options(&self) -> Result<ConnectOptions, SinkError> {
        let mut options = ConnectOptions::new().name("banyan relay").connection_timeout(crate::CONNECT_DEADLINE);
        options = options.ping_interval(Duration::from_secs(10)).request_timeout(Some(crate::DEADLINE));
        if let Some((user, password)) = &self.user {
            options = options.user_and_password(user.clone(), password.expose().clone());
        }
        if let Some(token) = &self.token {
            options = options.token(token.expose().clone());
        }
        if let Some(file) = &self.credentials {
            let read = options.credentials_file(file).await;
            options =
                read.map_err(|error| SinkError(format!("the credentials in {} cannot be read: {error}", file.display())))?;
        }
        if let Some(file) = &self.roots {
            options = options.add_root_certificates(file.clone()).require_tls(true);
        }
        if let Some((certificate, key)) = &self.certificate {
            options = options.add_client_certificate(certificate.clone(), key.clone()).require_tls(true);
        }
        Ok(options)
    }
}

/// The server, and who we are there.
fn address(text: &str) -> Option<(ServerAddr, Option<Login>)> {
    let (scheme, rest) = text.split_once("://")?;
    if !matches!(scheme, "nats" | "tls") {
        return None;
    }
    let (login, host) = rest.rsplit_once('@').map_or((None, rest), |(login, host)| (Some(login), host));
    if host.is_empty() || host.starts_with(':') {
        return None;
    }
    let server: ServerAddr = format!("{scheme}://{host}").parse().ok()?;
    let user = match login {
        None => None,
        Some(login) => {
            let (user, password) = login.split_once(':')?;
            Some((user.to_owned(), Secret::new(password.to_owned())))
        }
    };
    Some((server, user))
}

fn hidden(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, host)) => format!("***@{host}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(url: &str, stream: &str, prefix: &str) -> Result<NatsOptions, Unusable> {
        NatsOptions::new(&Secret::new(url.to_owned()), stream, prefix)
    }

    #[test]
    fn what_cannot_be_is_said_without_the_password() {
        let said = |url, stream, prefix| made(url, stream, prefix).map(drop).map_err(|error| error.to_string());
        assert_eq!(said("nats://a:4222, tls://me:pw@b", "banyan", "banyan.events"), Ok(()));
        for url in ["", "http://a", "nats://", "redis://a", "nats://me:secret@", "nats://nopassword@host"] {
            let error = said(url, "banyan", "banyan").unwrap_err();
            assert!(error.contains("no address of NATS") && !error.contains("secret"), "{url}: {error}");
        }
        let long = "x".repeat(65);
        for stream in ["", "a b", "a.b", "a*", &*long] {
            assert!(said("nats://a", stream, "banyan").is_err(), "{stream}");
        }
        for prefix in ["", "a..b", ".a", "a.", "a.>", "*", "$JS.API", "_INBOX", "a b"] {
            assert!(said("nats://a", "banyan", prefix).is_err(), "{prefix}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let options = made("nats://me:secret@a:4333", "banyan", "banyan").unwrap();
        assert_eq!(options.shown(), "a:4333");
        assert!(!format!("{options:?}").contains("secret"));
    }
}
