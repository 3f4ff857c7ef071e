//! Where Redis is.

use banyan_kernel::Secret;
use redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, RedisError, TlsMode};

use super::Names;
use super::cluster::Cluster;

/// Where Redis is, and what names begin with there.
#[derive(Clone, Debug)]
pub struct RemoteSettings {
    /// `redis://user:password@host:6379/0`, or `rediss://` for TLS. With sentinels or a cluster its host is not used, the rest is.
    pub url: Secret<String>,
    /// Who knows where the server is that takes writes.
    pub sentinels: Option<Sentinels>,
    /// Some nodes of a Redis Cluster, `host:6379` each, by which the others are found. Empty: it is none.
    pub cluster: Vec<String>,
    /// What all names begin with: two installations on one Redis need two. Printable ASCII without spaces and braces.
    pub prefix: String,
}

/// Sentinels that watch over one group of servers.
#[derive(Clone, Debug)]
pub struct Sentinels {
    /// `host:26379` each, without TLS.
    pub addresses: Vec<String>,
    /// What they call the group, often `mymaster`.
    pub group: String,
}

/// Settings that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableAddress {
    #[error("that is no address of Redis; write it as redis://user:password@host:6379/0, or rediss:// for TLS")]
    Url,
    #[error("`{0}` cannot begin names in Redis: printable ASCII without spaces and braces, 1 to 64 characters")]
    Prefix(String),
    #[error("`{0}` is no address of a sentinel; write it as host:26379")]
    Sentinel(String),
    #[error("`{0}` is no address of a node; write it as host:6379")]
    Node(String),
    #[error("a cluster has database 0 alone, not {0}")]
    ClusterDatabase(i64),
    #[error("Redis is watched by sentinels or it is a cluster, not both")]
    SentinelsAndCluster,
}

impl RemoteSettings {
    pub const PREFIX: &'static str = "banyan:cache";

    pub fn new(url: Secret<String>) -> Self {
        Self { url, sentinels: None, cluster: Vec::new(), prefix: Self::PREFIX.to_owned() }
    }

    pub(super) fn place(&self, names: &Names) -> Result<Place, UnusableAddress> {
        let is_usable = |c: char| c.is_ascii_graphic() && c != '{' && c != '}';
        if self.prefix.is_empty() || self.prefix.len() > 64 || !self.prefix.chars().all(is_usable) {
            return Err(UnusableAddress::Prefix(self.prefix.clone()));
        }
        let url = self.url.expose().as_str();
        let is_known = url.starts_with("redis://") || url.starts_with("rediss://");
        let info = url.into_connection_info().ok().filter(|_| is_known).ok_or(UnusableAddress::Url)?;
        if !self.cluster.is_empty() {
            if self.sentinels.is_some() {
                return Err(UnusableAddress::SentinelsAndCluster);
            }
            return Ok(Place::Spread(Box::new(Cluster::of(&self.cluster, &info, names.own("run"))?)));
        }
        let Some(sentinels) = &self.sentinels else {
            return Ok(Place::Server(Client::open(info).map_err(|_| UnusableAddress::Url)?));
        };
        let address = |text: &String| {
            let refused = || UnusableAddress::Sentinel(text.clone());
            if text.is_empty() || text.contains(['/', '@']) {
                return Err(refused());
            }
            format!("redis://{text}").into_connection_info().map_err(|_| refused())
        };
        let addresses = sentinels.addresses.iter().map(address).collect::<Result<Vec<_>, _>>()?;
        let mut node = SentinelNodeConnectionInfo::default().set_redis_connection_info(info.redis_settings().clone());
        if matches!(info.addr(), ConnectionAddr::TcpTls { .. }) {
            node = node.set_tls_mode(TlsMode::Secure);
        }
        Ok(Place::Watched { addresses, group: sentinels.group.clone(), node })
    }
}

/// Where a connection is made to.
#[derive(Clone)]
pub(super) enum Place {
    Server(Client),
    Watched { addresses: Vec<ConnectionInfo>, group: String, node: SentinelNodeConnectionInfo },
    Spread(Box<Cluster>),
}

impl Place {
    /// The server that takes writes at present; in a cluster, writes of stamps.
    pub(super) async fn client(&self) -> Result<Client, RedisError> {
        match self {
            Self::Server(client) => Ok(client.clone()),
            Self::Watched { addresses, group, node } => {
                // A new one each time: it would keep connections that belong to the event loop which made them.
                let mut sentinels =
                    SentinelClient::build(addresses.clone(), group, Some(node.clone()), SentinelServerType::Master)?;
                sentinels.async_get_client().await
            }
            Self::Spread(cluster) => cluster.of_stamps().await,
        }
    }

    /// Where values lie, if not where stamps do.
    pub(super) fn cluster(&self) -> Option<&Cluster> {
        match self {
            Self::Spread(cluster) => Some(cluster),
            Self::Server(_) | Self::Watched { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_said_without_the_password() {
        let made = |url: &str| RemoteSettings::new(Secret::new(url.to_owned()));
        let names = Names { prefix: "a".into() };
        for url in ["", "http://a", "redis://", "unix:///tmp/redis.sock", "redis://me:secret@a/x"] {
            let error = made(url).place(&names).map(drop).unwrap_err().to_string();
            assert!(error.contains("no address of Redis") && !error.contains("secret"), "{url}: {error}");
        }
        assert!(made("rediss://me:secret@a:6380/3").place(&names).is_ok());
        for prefix in ["", "a b", "{a}", "ö"] {
            let settings = RemoteSettings { prefix: prefix.to_owned(), ..made("redis://a") };
            assert_eq!(settings.place(&names).map(drop), Err(UnusableAddress::Prefix(prefix.to_owned())));
        }
        for address in ["", "redis://a", "me:secret@a:1", "a:b"] {
            let sentinels = Sentinels { addresses: vec![address.to_owned()], group: "mymaster".to_owned() };
            let settings = RemoteSettings { sentinels: Some(sentinels), ..made("redis://a") };
            assert_eq!(settings.place(&names).map(drop), Err(UnusableAddress::Sentinel(address.to_owned())));
        }
        let sentinels = Sentinels { addresses: vec!["a".to_owned()], group: "mymaster".to_owned() };
        let both = RemoteSettings { sentinels: Some(sentinels), cluster: vec!["a".to_owned()], ..made("redis://a") };
        assert_eq!(both.place(&names).map(drop), Err(UnusableAddress::SentinelsAndCluster));
    }
}
