//! A small service whose jobs leave rows, and runners that a test starts and stops.

use std::sync::Arc;
use std::time::Duration;

use banyan_events::jobs::{Job, JobError, Jobs, Runner, Timing, enqueue};
use banyan_kernel::{OsRandom, Uuid};
use banyan_store::migrate::Schema;
use banyan_store::schema::{ColumnType, Table};
use banyan_store::{EngineKind, Policy, Store, StoreError, Tx};
use banyan_testkit::Bench;
pub(crate) use banyan_testkit::eventually;
use sea_orm::{ConnectionTrait, Statement};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) fn schema() -> Schema {
    let effects = Table::new("effects", Policy::owned_by("user_id").and_system())
        .column("user_id", ColumnType::Uuid)
        .column("label", ColumnType::Text)
        // The clock of a test stands still, so ids do not tell the order.
        .column("place", ColumnType::Integer)
        .index(&["label"]);
    banyan_events::parts().into_iter().fold(Schema::new("effects", vec![effects]), Schema::part)
}

/// Leaves one row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Leave {
    pub(crate) label: String,
}

impl Job for Leave {
    const KIND: &'static str = "effects.leave";
}

pub(crate) fn leave(label: impl Into<String>) -> Leave {
    Leave { label: label.into() }
}

pub(crate) async fn insert(tx: &Tx, label: &str) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO effects (tenant_id, id, user_id, label, place) \
        VALUES ($1, $2, $3, $4, COALESCE((SELECT MAX(place) FROM effects), 0) + 1)";
    let values = [tx.caller().tenant.into(), tx.new_id().into(), Uuid::nil().into(), label.into()];
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), SQL, values)).await?;
    Ok(())
}

pub(crate) async fn delete(tx: &Tx, label: &str) -> Result<u64, StoreError> {
    const SQL: &str = "DELETE FROM effects WHERE label = $1";
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), SQL, [label.into()]);
    Ok(tx.execute_raw(statement).await?.rows_affected())
}

/// The labels that stand in a tenant, in the order in which they came.
pub(crate) async fn labels(store: &Store, tenant: Uuid) -> Vec<String> {
    store
        .system(tenant)
        .read(|tx| async move {
            let sql = "SELECT label FROM effects ORDER BY place";
            let rows = tx.query_all_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
            rows.iter().map(|row| row.try_get("", "label").map_err(StoreError::from)).collect()
        })
        .await
        .unwrap()
}

pub(crate) async fn ask<J: Job>(store: &Store, tenant: Uuid, job: &J) {
    store.system(tenant).write(move |tx| async move { enqueue(&tx, job).await }).await.unwrap();
}

/// Runners begin at once and look often; leases are by the test's clock.
pub(crate) fn timing() -> Timing {
    Timing {
        poll: Duration::from_millis(20),
        beat: Duration::from_millis(50),
        last_work: Duration::from_millis(200),
        report: Duration::from_millis(50),
        ..Timing::default()
    }
}

/// A runner that stops with the test.
pub(crate) struct Running {
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) task: JoinHandle<()>,
}

impl Running {
    pub(crate) fn start(store: &Store, jobs: Jobs) -> Self {
        Self::with(store, jobs, timing())
    }

    pub(crate) fn with(store: &Store, jobs: Jobs, timing: Timing) -> Self {
        let runner = Runner::new(store.clone(), jobs, Arc::new(OsRandom)).unwrap().timing(timing);
        let (stop, heard) = watch::channel(false);
        Self { stop, task: tokio::spawn(runner.run(heard)) }
    }

    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }
}

/// As many doors to the same database as there are processes: on SQLite one process has it.
pub(crate) async fn stores(bench: &Bench, count: usize) -> Vec<Store> {
    let first = bench.store(schema()).await;
    let mut all = vec![first];
    while all.len() < count {
        all.push(match bench.database.engine.kind() {
            EngineKind::Sqlite => all[0].clone(),
            EngineKind::Postgres => bench.store(schema()).await,
        });
    }
    all
}

pub(crate) fn failed(text: &str) -> Result<(), JobError> {
    Err(JobError::Retry(text.to_owned()))
}
