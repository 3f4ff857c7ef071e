//! Several processes share the work: here several stores on one database, with the machine's clock.

use std::sync::Arc;

use banyan_events::Consumers;
use banyan_kernel::{OsRandom, SystemClock};
use banyan_store::{EngineKind, Environment, Store};
use banyan_testkit::{Bench, eventually};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::things::{consumers, publish, recorder, schema, told};

/// One process.
struct Node {
    consumers: Consumers,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Node {
    async fn start(bench: &Bench) -> Self {
        let environment = Environment::new(Arc::new(SystemClock), Arc::new(OsRandom), bench.environment.cipher.clone());
        let store = Store::open(&bench.database.engine, schema("things"), environment).await.unwrap();
        let consumers = consumers(&store, recorder());
        let (stop, heard) = watch::channel(false);
        let task = tokio::spawn(consumers.clone().run(heard));
        Self { consumers, stop, task }
    }

    /// Without a last word.
    fn kill(&self) {
        self.task.abort();
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }

    async fn owners(&self) -> Vec<usize> {
        let state = self.consumers.states().await.unwrap().remove(0);
        let mut counts = std::collections::BTreeMap::new();
        for owner in state.partitions.iter().filter_map(|partition| partition.owner) {
            *counts.entry(owner).or_insert(0) += 1;
        }
        counts.into_values().collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partitions_are_shared_and_taken_over() {
    let bench = Bench::on(EngineKind::Postgres).await;
    let store = crate::things::store(&bench).await;
    let nodes = [Node::start(&bench).await, Node::start(&bench).await, Node::start(&bench).await];
    eventually("three share", async || {
        nodes[0].owners().await == [5, 5, 6] || {
            let mut owners = nodes[0].owners().await;
            owners.sort_unstable();
            owners == [5, 5, 6]
        }
    })
    .await;
    let publisher = |from: i64| {
        let (store, tenant) = (store.clone(), bench.tenant);
        tokio::spawn(async move {
            for number in from..from + 30 {
                for key in 0..20 {
                    publish(&store, tenant, &format!("key {key}"), number).await;
                }
            }
        })
    };
    let all_told = async |count: i64| {
        let told = told(&store, bench.tenant).await;
        told.len() == 20 && told.values().all(|numbers| numbers.len() as i64 >= count)
    };
    publisher(0).await.unwrap();
    eventually("all is handled", async || all_told(30).await).await;
    // One dies while it works; the others take over what was its.
    let publishing = publisher(30);
    nodes[1].kill();
    publishing.await.unwrap();
    eventually("what the dead one owned is handled", async || all_told(60).await).await;
    let [first, _dead, third] = nodes;
    // One leaves in good order.
    let publishing = publisher(60);
    third.stop().await;
    publishing.await.unwrap();
    eventually("all is handled by the last one", async || all_told(90).await).await;
    eventually("the last one owns all", async || first.owners().await == [16]).await;
    for (key, numbers) in told(&store, bench.tenant).await {
        assert_eq!(numbers, (0..90).collect::<Vec<_>>(), "{key}: each once, in order");
    }
    first.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_both_believe_to_own_everything_do_nothing_twice() {
    let bench = Bench::on(EngineKind::Postgres).await;
    let store = crate::things::store(&bench).await;
    let rivals: Vec<Consumers> = (0..3).map(|_| consumers(&store, recorder())).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..40 {
        for key in 0..5 {
            publish(&store, bench.tenant, &format!("key {key}"), number).await;
        }
    }
    for rival in rivals.clone() {
        tasks.spawn(async move {
            for _ in 0..10 {
                rival.drain().await.unwrap();
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    for (key, numbers) in told(&store, bench.tenant).await {
        assert_eq!(numbers, (0..40).collect::<Vec<_>>(), "{key}");
    }
}

/// A commit of the same process is handled without waiting for anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_the_embedded_engine_a_reader_is_woken_by_the_commit() {
    let bench = Bench::on(EngineKind::Sqlite).await;
    let store = crate::things::store(&bench).await;
    let consumers = consumers(&store, recorder());
    let (stop, heard) = watch::channel(false);
    let task = tokio::spawn(consumers.run(heard));
    for number in 0..100 {
        publish(&store, bench.tenant, "a", number).await;
        let seen = async || told(&store, bench.tenant).await.get("a").is_some_and(|numbers| numbers.len() as i64 > number);
        eventually("it is handled", seen).await;
    }
    stop.send_replace(true);
    task.await.unwrap();
}
