//! What answers where Redis is, for whoever looks after it.

use redis::cmd;
use tokio::time::timeout;

use super::connections::CONNECTING;
use super::{RedisRemote, failed};
use crate::remote::RemoteError;

/// What answers where Redis is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// One server, which sentinels may have named.
    Server,
    Cluster(ClusterStanding),
}

/// A cluster as one of its nodes sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClusterStanding {
    /// All slots are served.
    pub is_whole: bool,
    /// Living servers that have slots.
    pub primaries: usize,
    /// Living servers that follow one.
    pub replicas: usize,
    /// Those of the primaries that no living replica follows.
    pub without_replica: usize,
}

impl RedisRemote {
    /// Asks what is there, and changes nothing.
    ///
    /// # Errors
    /// When nothing answers within four seconds.
    pub async fn standing(&self) -> Result<Standing, RemoteError> {
        let client = timeout(CONNECTING, self.connections.client()).await.unwrap_or(Err(RemoteError::TooSlow))?;
        let asking = async {
            let mut connection = client.get_multiplexed_async_connection().await?;
            if !self.connections.are_spread() {
                cmd("PING").query_async::<()>(&mut connection).await?;
                return Ok(Standing::Server);
            }
            let info: String = cmd("CLUSTER").arg("INFO").query_async(&mut connection).await?;
            let nodes: String = cmd("CLUSTER").arg("NODES").query_async(&mut connection).await?;
            Ok(Standing::Cluster(read(&info, &nodes)))
        };
        timeout(CONNECTING, asking).await.map_err(|_| RemoteError::TooSlow)?.map_err(|error| failed(&error))
    }
}

/// The form of `CLUSTER NODES`: id, address, flags, primary's id, ping, pong, epoch, link, then slots.
fn read(info: &str, nodes: &str) -> ClusterStanding {
    let is_whole = info.lines().any(|line| line.trim() == "cluster_state:ok");
    let nodes: Vec<Vec<&str>> = nodes.lines().map(|line| line.split_ascii_whitespace().collect()).collect();
    let living = |flag: &'static str| {
        nodes.iter().filter(move |node| {
            let mut flags = node.get(2).into_iter().flat_map(|flags| flags.split(','));
            flags.clone().any(|found| found == flag) && !flags.any(|found| found == "fail" || found == "noaddr")
        })
    };
    let primaries: Vec<_> = living("master").filter(|node| node.len() > 8).collect();
    let follows = |primary: &&&Vec<&str>| living("slave").any(|node| node.get(3) == primary.first());
    ClusterStanding {
        is_whole,
        primaries: primaries.len(),
        replicas: living("slave").count(),
        without_replica: primaries.iter().filter(|primary| !follows(primary)).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_nodes_and_those_without_slots_do_not_count() {
        let nodes = "a 127.0.0.1:1@2 myself,master - 0 0 1 connected 0-5460\n\
            b 127.0.0.1:3@4,host master - 0 0 2 connected 5461-16383\n\
            c 127.0.0.1:5@6 master,fail - 0 0 3 disconnected 1-2\n\
            d 127.0.0.1:7@8 master - 0 0 4 connected\n\
            e 127.0.0.1:9@10 slave a 0 0 1 connected\n\
            f 127.0.0.1:11@12 slave,fail b 0 0 2 connected\n";
        let expected = ClusterStanding { is_whole: true, primaries: 2, replicas: 1, without_replica: 1 };
        assert_eq!(read("cluster_enabled:1\r\ncluster_state:ok\r\n", nodes), expected);
        let nothing = ClusterStanding { is_whole: false, primaries: 0, replicas: 0, without_replica: 0 };
        assert_eq!(read("cluster_state:fail", ""), nothing);
    }
}
