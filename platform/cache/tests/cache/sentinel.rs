//! A server that is killed while a sentinel watches: another one takes its place, and nothing of before counts.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use banyan_cache::{Cache, Company, RedisRemote, RemoteSettings, Sentinels};
use banyan_kernel::{OsRandom, Secret, SystemClock};
use banyan_testkit::Broker;

use crate::support::{Source, key, region, steady};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cache_goes_on_with_the_server_that_took_the_place() {
    let mut first = Broker::redis().with(&["--repl-diskless-sync-delay", "0"]).started().await;
    let second = Broker::redis().with(&["--replicaof", "127.0.0.1", &first.port().to_string()]).started().await;
    until_it_follows(&second).await;
    let watcher = Watcher::of(&first);
    let sentinels = Sentinels { addresses: vec![format!("127.0.0.1:{}", watcher.port)], group: "mymaster".to_owned() };
    let settings =
        RemoteSettings { sentinels: Some(sentinels), ..RemoteSettings::new(Secret::new("redis://nowhere".to_owned())) };
    let remote = Arc::new(RedisRemote::new(&settings, &OsRandom).unwrap());
    let cache = Cache::new(&banyan_cache::Settings::default(), Company::Shared(remote), Arc::new(SystemClock), &OsRandom);
    let (words, source) = (region(&cache, steady()), Source::default());
    let before = kept(&words, &source).await;
    until_it_follows(&second).await;
    first.kill();
    assert_ne!(source.word(&words, &key()).await, before, "nobody asserts it");
    assert_ne!(kept(&words, &source).await, before);
}

/// Until a word is kept.
async fn kept(words: &banyan_cache::Region<String>, source: &Source) -> String {
    for _ in 0..6_000 {
        let word = source.word(words, &key()).await;
        if source.word(words, &key()).await == word {
            return word;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nothing is ever kept");
}

/// A sentinel on a free port. It ends with the test.
struct Watcher {
    child: Child,
    port: u16,
}

impl Watcher {
    /// It writes into its file, so it has one of its own.
    fn of(watched: &Broker) -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let file = watched.folder().join("sentinel.conf");
        let watch = format!("sentinel monitor mymaster 127.0.0.1 {} 1", watched.port());
        let lines = "sentinel down-after-milliseconds mymaster 500\nsentinel failover-timeout mymaster 3000";
        std::fs::write(&file, format!("port {port}\nbind 127.0.0.1\n{watch}\n{lines}\n")).unwrap();
        let mut command = Command::new("redis-server");
        let child = command.arg(file).arg("--sentinel").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self { child, port }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

async fn until_it_follows(replica: &Broker) {
    let client = redis::Client::open(replica.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    for _ in 0..3_000 {
        let info: String = redis::cmd("INFO").arg("replication").query_async(&mut connection).await.unwrap();
        if info.contains("master_link_status:up") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the replica does not follow");
}
