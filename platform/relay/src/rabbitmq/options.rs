//! What is set about RabbitMQ, and what of it cannot be.

use std::fmt;
use std::path::{Path, PathBuf};

use banyan_events::log::SinkError;
use banyan_kernel::Secret;
use lapin::tcp::{OwnedIdentity, OwnedTLSConfig};
use lapin::uri::AMQPUri;

/// RabbitMQ's bound on the names of its things, and on routing keys (AMQP 0.9.1, §4.2.5.3).
pub(super) const LONGEST_NAME: usize = 255;
/// Seconds after which a broker that says nothing counts as gone, if the address does not say it.
const HEARTBEAT: u16 = 10;

/// Where RabbitMQ is, and what events are published to.
#[derive(Clone)]
pub struct RabbitOptions {
    pub(super) servers: Vec<AMQPUri>,
    pub(super) exchange: String,
    /// Made and bound before anything is sent.
    pub queues: Vec<RabbitQueue>,
    /// Certificates in PEM that the broker is trusted by, beside the system's. With `amqps://`.
    pub roots: Option<PathBuf>,
    /// Certificate and key in PEM by which the broker knows this program.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

/// A durable queue, and which events come into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RabbitQueue {
    pub name: String,
    /// `*.goals.#`: words with points between them, `*` for one word, `#` for any number of them.
    pub binding: String,
}

/// Settings that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableRabbit {
    #[error(
        "that is no address of RabbitMQ; write it as amqp://user:password@host:5672/vhost, or amqps:// for TLS; several with commas between them"
    )]
    Url,
    #[error("`{0}` is no name of an exchange: letters, digits, `-`, `_`, `.` and `:`, up to 100 of them, and not `amq.` first")]
    Exchange(String),
    #[error("`{0}` is no queue: write it as name=binding, such as audit=*.identity.#")]
    Queue(String),
}

impl RabbitOptions {
    /// `url`: one server or, with commas between them, several of one cluster, which are tried in turn.
    ///
    /// # Errors
    /// When one of them has another form.
    pub fn new(url: &Secret<String>, exchange: &str) -> Result<Self, UnusableRabbit> {
        let servers = url.expose().split(',').map(|one| address(one.trim())).collect::<Option<Vec<_>>>();
        if !is_name(exchange) || exchange.len() > 100 {
            return Err(UnusableRabbit::Exchange(exchange.to_owned()));
        }
        Ok(Self {
            servers: servers.ok_or(UnusableRabbit::Url)?,
            exchange: exchange.to_owned(),
            queues: Vec::new(),
            roots: None,
            certificate: None,
        })
    }

    pub(super) async fn tls(&self) -> Result<OwnedTLSConfig, SinkError> {
        let cert_chain = match &self.roots {
            Some(file) => Some(String::from_utf8_lossy(&read(file).await?).into_owned()),
            None => None,
        };
        let identity = match &self.certificate {
            Some((certificate, key)) => Some(OwnedIdentity::PKCS8 { pem: read(certificate).await?, key: read(key).await? }),
            None => None,
        };
        Ok(OwnedTLSConfig { identity, cert_chain })
    }

    /// The exchange whose being there says that nothing was wiped.
    pub(super) fn marker(&self, identity: &str) -> String {
        format!("{}.relay.{identity}", self.exchange)
    }
}

impl RabbitQueue {
    /// `name=binding`.
    ///
    /// # Errors
    /// When it has another form.
    pub fn parse(text: &str) -> Result<Self, UnusableRabbit> {
        let wrong = || UnusableRabbit::Queue(text.to_owned());
        let (name, binding) = text.split_once('=').ok_or_else(wrong)?;
        let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_graphic());
        if !is_name(name) || !binding.split('.').all(is_word) || binding.len() > LONGEST_NAME || name.len() > LONGEST_NAME {
            return Err(wrong());
        }
        Ok(Self { name: name.to_owned(), binding: binding.to_owned() })
    }
}

pub(super) fn shown(server: &AMQPUri) -> String {
    format!("{}:{}", server.authority.host, server.authority.port)
}

impl fmt::Debug for RabbitOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers: Vec<String> = self.servers.iter().map(shown).collect();
        f.debug_struct("RabbitOptions").field("servers", &servers).field("exchange", &self.exchange).finish_non_exhaustive()
    }
}

fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    !text.is_empty() && text.chars().all(plain) && !text.starts_with("amq.")
}

fn address(text: &str) -> Option<AMQPUri> {
    let rest = text.strip_prefix("amqp://").or_else(|| text.strip_prefix("amqps://"))?;
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    if host.is_empty() || host.starts_with([':', '/', '?']) {
        return None;
    }
    let mut uri: AMQPUri = text.parse().ok()?;
    uri.query.heartbeat.get_or_insert(HEARTBEAT);
    Some(uri)
}

async fn read(file: &Path) -> Result<Vec<u8>, SinkError> {
    tokio::fs::read(file).await.map_err(|error| SinkError(format!("{} cannot be read: {error}", file.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(url: &str, exchange: &str) -> Result<RabbitOptions, UnusableRabbit> {
        RabbitOptions::new(&Secret::new(url.to_owned()), exchange)
    }

    #[test]
    fn what_cannot_be_is_said_without_the_password() {
        assert_eq!(made("amqp://a:5672, amqps://me:secret@b/%2f", "banyan").unwrap().servers.len(), 2);
        for url in
            ["", "http://a", "amqp://", "amqp://:5672", "amqp://me:secret@", "amqp://me:secret@/x", "a:5672", "amqp://a:nix"]
        {
            let error = made(url, "banyan").map(drop).unwrap_err().to_string();
            assert!(error.contains("no address of RabbitMQ") && !error.contains("secret"), "{url}: {error}");
        }
        let long = "x".repeat(101);
        for exchange in ["", "a b", "amq.topic", "ö", &*long] {
            assert_eq!(made("amqp://a", exchange).map(drop), Err(UnusableRabbit::Exchange(exchange.to_owned())));
        }
        let queue = RabbitQueue { name: "audit".to_owned(), binding: "*.identity.#".to_owned() };
        assert_eq!(RabbitQueue::parse("audit=*.identity.#"), Ok(queue));
        for queue in ["", "audit", "=#", "audit=", "a b=#", "amq.x=#", "audit=a..b", "audit=a b"] {
            assert_eq!(RabbitQueue::parse(queue), Err(UnusableRabbit::Queue(queue.to_owned())));
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let options = made("amqp://me:secret@a:5673", "banyan").unwrap();
        assert!(!format!("{options:?}").contains("secret"));
        assert_eq!(shown(&options.servers[0]), "a:5673");
    }
}
