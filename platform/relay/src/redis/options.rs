//! What is set about Redis, and what of it cannot be.

use std::path::{Path, PathBuf};

use banyan_events::log::SinkError;
use banyan_kernel::Secret;
use redis::{Client, ClientTlsConfig, IntoConnectionInfo as _, TlsCertificates};

/// How programs hear events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Published: who listens at that moment hears it, nobody later.
    Channel,
    /// Appended to a stream, which keeps it.
    Stream,
    /// Both, under the same name.
    Both,
}

impl Delivery {
    pub(super) fn publishes(self) -> bool {
        self != Self::Stream
    }

    pub(super) fn keeps(self) -> bool {
        self != Self::Channel
    }
}

/// Where Redis is, and what events are called there.
#[derive(Clone, Debug)]
pub struct RedisOptions {
    url: Secret<String>,
    /// `host:port`, without passwords.
    pub(super) shown: String,
    pub(super) prefix: String,
    pub delivery: Delivery,
    /// Entries that each stream keeps, and some more: Redis drops whole blocks of the oldest.
    pub max_length: u64,
    /// Certificates in PEM that Redis is trusted by, instead of the system's. With `rediss://`.
    pub roots: Option<PathBuf>,
    /// Certificate and key in PEM by which Redis knows this program.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

/// Settings that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableRedis {
    #[error("that is no address of Redis; write it as redis://user:password@host:6379/0, or rediss:// for TLS")]
    Url,
    #[error("`{0}` cannot begin names in Redis: printable ASCII without spaces, 1 to 64 characters")]
    Prefix(String),
}

impl RedisOptions {
    /// Both deliveries, 100,000 entries a stream. `prefix` stands before the type in the names of channels and streams.
    ///
    /// # Errors
    /// When one of them has another form.
    pub fn new(url: &Secret<String>, prefix: &str) -> Result<Self, UnusableRedis> {
        let text = url.expose();
        let is_known = text.starts_with("redis://") || text.starts_with("rediss://");
        let info = text.as_str().into_connection_info().ok().filter(|_| is_known).ok_or(UnusableRedis::Url)?;
        if prefix.is_empty() || prefix.len() > 64 || !prefix.chars().all(|c| c.is_ascii_graphic()) {
            return Err(UnusableRedis::Prefix(prefix.to_owned()));
        }
        Ok(Self {
            url: url.clone(),
            shown: info.addr().to_string(),
            prefix: prefix.to_owned(),
            delivery: Delivery::Both,
            max_length: 100_000,
            roots: None,
            certificate: None,
        })
    }

    /// What a type's channel and stream are called.
    pub(super) fn name_of(&self, kind: &str) -> String {
        format!("{}{kind}", self.prefix)
    }

    /// The hash in which Banyan writes what it has sent.
    pub(super) fn book(&self) -> String {
        format!("banyan:relay:{}", self.prefix)
    }

    pub(super) async fn client(&self) -> Result<Client, SinkError> {
        let url = self.url.expose().as_str();
        let unusable = |error: redis::RedisError| SinkError(format!("Redis at {} cannot be used: {error}", self.shown));
        if self.roots.is_none() && self.certificate.is_none() {
            return Client::open(url).map_err(unusable);
        }
        let root_cert = match &self.roots {
            Some(file) => Some(read(file).await?),
            None => None,
        };
        let client_tls = match &self.certificate {
            Some((certificate, key)) => {
                Some(ClientTlsConfig { client_cert: read(certificate).await?, client_key: read(key).await? })
            }
            None => None,
        };
        Client::build_with_tls(url, TlsCertificates { client_tls, root_cert }).map_err(unusable)
    }
}

async fn read(file: &Path) -> Result<Vec<u8>, SinkError> {
    tokio::fs::read(file).await.map_err(|error| SinkError(format!("{} cannot be read: {error}", file.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(url: &str, prefix: &str) -> Result<RedisOptions, UnusableRedis> {
        RedisOptions::new(&Secret::new(url.to_owned()), prefix)
    }

    #[test]
    fn what_cannot_be_is_said_without_the_password() {
        for url in ["", "http://a", "nats://a", "redis://", "unix:///tmp/redis.sock", "redis://me:secret@a/x", "a:6379"] {
            let error = made(url, "events:").map(drop).unwrap_err().to_string();
            assert!(error.contains("no address of Redis") && !error.contains("secret"), "{url}: {error}");
        }
        let long = "x".repeat(65);
        for prefix in ["", "a b", "a\n", "ö", &*long] {
            assert_eq!(made("redis://a", prefix).map(drop), Err(UnusableRedis::Prefix(prefix.to_owned())));
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let options = made("rediss://me:secret@a:6380/3", "events:").unwrap();
        assert_eq!(options.shown, "a:6380");
        assert!(!format!("{options:?}").contains("secret"));
        assert_eq!(
            (options.name_of("identity.user.registered"), options.book()),
            ("events:identity.user.registered".to_owned(), "banyan:relay:events:".to_owned())
        );
    }
}
