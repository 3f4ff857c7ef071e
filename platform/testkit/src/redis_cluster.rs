//! A Redis Cluster that belongs to one test.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Broker;
use crate::broker::free_port;
use crate::wait::{eventually, eventually_within};

/// Primaries. Each has one replica.
const PRIMARIES: usize = 3;
/// After which time a node that says nothing counts as dead, in milliseconds. Shorter, and a busy machine takes living ones for dead.
const NODE_TIMEOUT: &str = "2000";
const PATIENCE: Duration = Duration::from_secs(60);

/// Three primaries with a replica each, which is their order at first. They end with the test.
pub struct RedisCluster {
    nodes: Vec<Broker>,
}

impl RedisCluster {
    /// Running, all slots served, all replicas in step.
    ///
    /// # Panics
    /// When it cannot be made: a test never skips in silence.
    pub async fn started() -> Self {
        let mut nodes = Vec::new();
        for _ in 0..PRIMARIES * 2 {
            // The customary port of the bus is 10,000 higher, which not every free port allows.
            let bus = free_port().to_string();
            let cluster = ["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout", NODE_TIMEOUT];
            nodes.push(
                Broker::redis()
                    .with(&cluster)
                    .with(&["--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes"])
                    .started()
                    .await,
            );
        }
        let cluster = Self { nodes };
        let addresses = cluster.addresses();
        let mut words = vec!["--cluster", "create"];
        words.extend(addresses.iter().map(String::as_str));
        words.extend(["--cluster-replicas", "1", "--cluster-yes"]);
        eventually("the nodes become a cluster", async || {
            // What was begun on a machine that was too busy stands in the way.
            client(&words).inspect_err(|_| cluster.forget_one_another()).is_ok()
        })
        .await;
        cluster.settled().await;
        cluster
    }

    fn forget_one_another(&self) {
        for number in 0..self.size() {
            let _said = self.say(number, &["FLUSHALL"]);
            let _said = self.say(number, &["CLUSTER", "RESET", "HARD"]);
        }
    }

    /// `127.0.0.1:<port>` of each node.
    pub fn addresses(&self) -> Vec<String> {
        self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect()
    }

    /// How many nodes there are, those that were killed with them.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// Until each node serves all slots and each replica follows.
    pub async fn settled(&self) {
        let is_settled = |number: usize| {
            let said = |words: &[&str]| self.say(number, words).unwrap_or_default();
            let link = said(&["INFO", "replication"]);
            said(&["CLUSTER", "INFO"]).contains("cluster_state:ok")
                && (link.contains("master_link_status:up") || link.contains("connected_slaves:1"))
        };
        eventually("the cluster settles", async || (0..self.size()).all(is_settled)).await;
    }

    /// The primary that serves this key.
    ///
    /// # Panics
    /// When nobody serves it within a minute.
    pub async fn primary_of(&self, key: &str) -> usize {
        let mut found = None;
        eventually_within(PATIENCE, "somebody serves the key", async || {
            found = (0..self.size()).find(|number| self.say(*number, &["EXISTS", key]).is_ok());
            found.is_some()
        })
        .await;
        found.expect("it was waited for")
    }

    /// A replica of this primary, if one follows it.
    pub fn replica_of(&self, primary: usize) -> Option<usize> {
        let port = format!("master_port:{}\r", self.nodes[primary].port());
        (0..self.size()).find(|number| self.say(*number, &["INFO", "replication"]).is_ok_and(|said| said.contains(&port)))
    }

    /// Asks one node. A server's error is an error.
    ///
    /// # Errors
    /// What the server or `redis-cli` said.
    pub fn say(&self, number: usize, words: &[&str]) -> Result<String, String> {
        let port = self.nodes[number].port().to_string();
        let mut all = vec!["-e", "-p", &port];
        all.extend(words);
        client(&all)
    }

    /// It does nothing from now on, for a second and a half.
    ///
    /// # Panics
    /// When it goes on nevertheless.
    pub async fn stun(&self, number: usize) {
        let port = self.nodes[number].port();
        // It answers when that time is over; nobody waits for it.
        drop(tokio::task::spawn_blocking(move || client(&["-p", &port.to_string(), "DEBUG", "SLEEP", "1.5"])));
        eventually("the node is stunned", async || !is_answering(port)).await;
    }

    /// At once, without a last word.
    pub fn kill(&mut self, number: usize) {
        self.nodes[number].kill();
    }

    /// Starts a node that was killed where it stopped.
    pub async fn run(&mut self, number: usize) {
        self.nodes[number].run().await;
    }

    /// Moves the first slots of one primary to another one, with all that lies in them, while they are in use.
    ///
    /// # Panics
    /// When that cannot be done.
    pub async fn move_slots(&self, slots: u16, from: usize, to: usize) {
        let id = |number: usize| self.say(number, &["CLUSTER", "MYID"]).expect("a node says it").trim().to_owned();
        let (from, address, to, slots) = (id(from), format!("127.0.0.1:{}", self.nodes[from].port()), id(to), slots.to_string());
        let words = ["--cluster", "reshard", &address, "--cluster-from", &from, "--cluster-to", &to, "--cluster-slots", &slots];
        let words: Vec<String> = words.iter().chain(&["--cluster-yes"]).map(|&word| word.to_owned()).collect();
        let moved = tokio::task::spawn_blocking(move || client(&words.iter().map(String::as_str).collect::<Vec<_>>())).await;
        moved.expect("it ends").expect("the slots are moved");
    }

    /// Another primary than this one.
    ///
    /// # Panics
    /// When there is none.
    pub fn other_primary(&self, than: usize) -> usize {
        let is_other =
            |number: &usize| *number != than && self.say(*number, &["ROLE"]).is_ok_and(|role| role.starts_with("master"));
        (0..self.size()).find(is_other).expect("there is another primary")
    }
}

fn is_answering(port: u16) -> bool {
    let asked = || -> std::io::Result<usize> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_millis(100)))?;
        stream.write_all(b"PING\r\n")?;
        stream.read(&mut [0; 7])
    };
    asked().is_ok()
}

fn client(words: &[&str]) -> Result<String, String> {
    let output = Command::new("redis-cli").args(words).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("redis-cli: {error}: it comes with Redis: `cargo xtask redis start`"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stdout) + &text(&output.stderr)) }
}
