//! On PostgreSQL transactions commit in another order than they begin in; no reader may skip one for that.

use std::sync::Arc;

use banyan_store::log::Position;
use banyan_store::{Store, StoreError, Tx};
use banyan_testkit::Bench;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tokio::sync::Notify;

use crate::things::{Happened, consumers, publish, recorder, store, told};

/// A transaction that has its number, and goes on when it is told to.
struct Slow {
    may_go: Arc<Notify>,
    task: tokio::task::JoinHandle<()>,
}

impl Slow {
    /// Takes a transaction id; then waits; then publishes.
    async fn begin(store: &Store, bench: &Bench, key: &str, number: i64) -> Self {
        let (has_begun, may_go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (began, go, store, tenant) = (has_begun.clone(), may_go.clone(), store.clone(), bench.tenant);
        let event = Happened { key: key.to_owned(), number };
        let task = tokio::spawn(async move {
            let (event, began, go) = (&event, &began, &go);
            let work = move |tx: Tx| async move {
                tx.query_one_raw(Statement::from_string(DbBackend::Postgres, "SELECT pg_current_xact_id()::text")).await?;
                began.notify_one();
                go.notified().await;
                tx.publish(event).await.map(drop)
            };
            store.system(tenant).write(work).await.unwrap();
        });
        has_begun.notified().await;
        Self { may_go, task }
    }

    async fn finish(self) {
        self.may_go.notify_one();
        self.task.await.unwrap();
    }
}

async fn bench() -> Bench {
    Bench::on(banyan_store::EngineKind::Postgres).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_commits_late_is_not_skipped() {
    let bench = bench().await;
    let store = store(&bench).await;
    let consumers = consumers(&store, recorder());
    consumers.drain().await.unwrap();
    let slow = Slow::begin(&store, &bench, "slow", 1).await;
    publish(&store, bench.tenant, "fast", 1).await;
    assert_eq!(store.log().read(Position::BEGINNING, 10).await.unwrap(), [], "the older transaction may still write");
    assert!(store.log().is_unsettled().await.unwrap());
    slow.finish().await;
    consumers.drain().await.unwrap();
    let told = told(&store, bench.tenant).await;
    assert_eq!((told["slow"].as_slice(), told["fast"].as_slice()), (&[1][..], &[1][..]));
}

/// The second one has the older transaction id, and the change that follows from the first one's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cause_comes_before_effect_whichever_began_first() {
    let bench = bench().await;
    let store = store(&bench).await;
    let consumers = consumers(&store, recorder());
    let began_first = Slow::begin(&store, &bench, "a", 2).await;
    let between = Slow::begin(&store, &bench, "b", 1).await;
    publish(&store, bench.tenant, "a", 1).await;
    began_first.finish().await;
    between.finish().await;
    consumers.drain().await.unwrap();
    assert_eq!(told(&store, bench.tenant).await["a"], [1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_at_once_are_all_heard_in_order() {
    let bench = bench().await;
    let store = store(&bench).await;
    let consumers = consumers(&store, recorder());
    let mut writers = tokio::task::JoinSet::new();
    for key in 0..8 {
        let (store, tenant) = (store.clone(), bench.tenant);
        writers.spawn(async move {
            for number in 0..50 {
                publish(&store, tenant, &format!("key {key}"), number).await;
            }
        });
    }
    while !writers.is_empty() {
        consumers.drain().await.unwrap();
        while let Some(ended) = writers.try_join_next() {
            ended.unwrap();
        }
        tokio::task::yield_now().await;
    }
    consumers.drain().await.unwrap();
    for (key, numbers) in told(&store, bench.tenant).await {
        assert_eq!(numbers, (0..50).collect::<Vec<_>>(), "{key}");
    }
}

#[tokio::test]
async fn nobody_reads_the_log_but_the_store() {
    for kind in [banyan_store::EngineKind::Sqlite, banyan_store::EngineKind::Postgres] {
        let bench = Bench::on(kind).await;
        let store = store(&bench).await;
        publish(&store, bench.tenant, "a", 1).await;
        let count = async |rows: banyan_store::Rows| {
            let read = |tx: Tx| async move {
                let sql = Statement::from_string(tx.get_database_backend(), "SELECT id FROM outbox");
                Ok::<_, StoreError>(tx.query_all_raw(sql).await?.len())
            };
            rows.read(read).await.unwrap()
        };
        assert_eq!(count(store.bind(&bench.user())).await, 0);
        assert_eq!(count(store.system(bench.new_id())).await, 0, "another tenant");
        assert_eq!(count(store.system(bench.tenant)).await, 1);
    }
}
