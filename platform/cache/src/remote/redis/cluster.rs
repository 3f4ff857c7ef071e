//! A Redis Cluster. Stamps, their sequence and the list of patterns lie on one server, which is asked directly, so that whoever asks knows which
//! server answers and notices another one. Values and locks lie on all of them, by the library's own client: a value that is wrong or lost
//! counts for nothing.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::select_ok;
use redis::cluster::{ClusterClient, ClusterConfig};
use redis::cluster_async::ClusterConnection;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo as _, RedisError,
    ServerErrorKind, cmd,
};

use super::address::UnusableAddress;

/// How often a node may name another one.
const MOST_HOPS: u32 = 4;
/// What a node may take to be reached. One that does not answer must not hold up those that do.
const REACHING: Duration = Duration::from_millis(500);
/// A node that answers nothing about values for so long is given up.
const ANSWERING: Duration = Duration::from_secs(1);
/// How often a question about a value follows it to another node, with so many milliseconds between.
const FOLLOWING: (u32, u64, u64) = (3, 5, 50);

/// Some nodes of a cluster, by which the others are found.
#[derive(Clone)]
pub(super) struct Cluster {
    nodes: Vec<ConnectionInfo>,
    values: ClusterClient,
    /// A name that lies where all stamps do.
    among_stamps: String,
}

impl Cluster {
    /// `like` says user, password and whether by TLS.
    pub(super) fn of(addresses: &[String], like: &ConnectionInfo, among_stamps: String) -> Result<Self, UnusableAddress> {
        if like.redis_settings().db() != 0 {
            return Err(UnusableAddress::ClusterDatabase(like.redis_settings().db()));
        }
        let nodes = addresses.iter().map(|address| node(address, like)).collect::<Result<Vec<_>, _>>()?;
        let first = || UnusableAddress::Node(addresses.first().cloned().unwrap_or_default());
        let (times, least, most) = FOLLOWING;
        let builder = ClusterClient::builder(nodes.clone()).retries(times).min_retry_wait(least).max_retry_wait(most);
        Ok(Self { nodes, values: builder.build().map_err(|_| first())?, among_stamps })
    }

    /// The primary that has the stamps. All nodes are asked at once, since some may be gone, and the first that leads there is followed.
    pub(super) async fn of_stamps(&self) -> Result<Client, RedisError> {
        let asked = self.nodes.iter().map(|node| self.lead_from(node.clone()).boxed());
        Ok(select_ok(asked).await?.0)
    }

    async fn lead_from(&self, mut node: ConnectionInfo) -> Result<Client, RedisError> {
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(REACHING)).set_response_timeout(Some(REACHING));
        for _ in 0..MOST_HOPS {
            let client = Client::open(node.clone())?;
            let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
            let Err(error) = cmd("EXISTS").arg(&self.among_stamps).query_async::<u64>(&mut connection).await else {
                return Ok(client);
            };
            let is_elsewhere = error.kind() == ErrorKind::Server(ServerErrorKind::Moved);
            let named = error.redirect_node().filter(|_| is_elsewhere).and_then(|(address, _)| elsewhere(address, &node));
            node = named.ok_or(error)?;
        }
        Err(RedisError::from((ErrorKind::Client, "the nodes name one another")))
    }

    /// Connects while it is used; a node that is away does not hold up the others.
    pub(super) fn values(&self) -> ClusterConnection {
        let config = ClusterConfig::new().set_connection_timeout(REACHING).set_response_timeout(ANSWERING);
        self.values.get_pending_async_connection_with_config(config)
    }
}

fn node(text: &String, like: &ConnectionInfo) -> Result<ConnectionInfo, UnusableAddress> {
    let refused = || UnusableAddress::Node(text.clone());
    if text.is_empty() || text.contains(['/', '@']) {
        return Err(refused());
    }
    let info = format!("redis://{text}").into_connection_info().map_err(|_| refused())?;
    match info.addr() {
        ConnectionAddr::Tcp(host, port) => Ok(at(host, *port, like)),
        _ => Err(refused()),
    }
}

/// What another node is called: `host:port`, where no host means the one that was asked.
fn elsewhere(address: &str, asked: &ConnectionInfo) -> Option<ConnectionInfo> {
    let (host, port) = address.rsplit_once(':')?;
    let same = match asked.addr() {
        ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => host.as_str(),
        _ => return None,
    };
    Some(at(if host.is_empty() { same } else { host }, port.parse().ok()?, asked))
}

fn at(host: &str, port: u16, like: &ConnectionInfo) -> ConnectionInfo {
    let host = host.to_owned();
    let address = match like.addr() {
        ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
            ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: tls_params.clone() }
        }
        _ => ConnectionAddr::Tcp(host, port),
    };
    like.clone().set_addr(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(url: &str) -> ConnectionInfo {
        url.into_connection_info().unwrap()
    }

    #[test]
    fn a_node_that_was_named_is_reached_as_the_one_that_named_it() {
        let found = elsewhere("10.0.0.7:6381", &info("rediss://me:secret@a:6380")).unwrap();
        assert!(matches!(found.addr(), ConnectionAddr::TcpTls { host, port: 6381, insecure: false, .. } if host == "10.0.0.7"));
        assert_eq!(found.redis_settings().password(), Some("secret"));
        let found = elsewhere(":6381", &info("redis://a:6380")).unwrap();
        assert_eq!(*found.addr(), ConnectionAddr::Tcp("a".to_owned(), 6381));
        let found = elsewhere("::1:6381", &info("redis://a:6380")).unwrap();
        assert_eq!(*found.addr(), ConnectionAddr::Tcp("::1".to_owned(), 6381));
        for text in ["", "a", "a:", "a:x", "a:70000"] {
            assert!(elsewhere(text, &info("redis://a")).is_none(), "{text}");
        }
    }

    #[test]
    fn nodes_that_cannot_be_are_refused() {
        let of = |address: &str, url: &str| Cluster::of(&[address.to_owned()], &info(url), "{a}:run".to_owned()).map(drop);
        assert_eq!(of("a:6379", "rediss://me:secret@b"), Ok(()));
        assert_eq!(of("a", "redis://b"), Ok(()));
        for address in ["", "redis://a", "me:secret@a:1", "a:b"] {
            assert_eq!(of(address, "redis://b"), Err(UnusableAddress::Node(address.to_owned())));
        }
        assert_eq!(of("a", "redis://b/3"), Err(UnusableAddress::ClusterDatabase(3)));
    }
}
