//! A service whose events are numbered, and a consumer that writes down what it was told.

use std::collections::BTreeMap;
use std::sync::Arc;

use banyan_contracts::Event;
use banyan_events::{Consumer, ConsumerError, Consumers, Delivery, parts};
use banyan_kernel::Uuid;
use banyan_store::migrate::Schema;
use banyan_store::{ColumnType, Policy, Store, StoreError, Table, Tx};
use banyan_testkit::Bench;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Happened {
    pub(crate) key: String,
    pub(crate) number: i64,
}

impl Event for Happened {
    const TYPE: &'static str = "things.thing.happened";
    const VERSION: u32 = 1;

    fn subject(&self) -> String {
        self.key.clone()
    }
}

/// One that nobody wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ignored;

impl Event for Ignored {
    const TYPE: &'static str = "things.thing.ignored";
    const VERSION: u32 = 1;

    fn subject(&self) -> String {
        "x".to_owned()
    }
}

pub(crate) const TYPES: &[&str] = &[Happened::TYPE];

pub(crate) fn schema(service: &'static str) -> Schema {
    parts().into_iter().fold(bare_schema(service), Schema::part)
}

/// Without what consumers, jobs and sagas need.
pub(crate) fn bare_schema(service: &'static str) -> Schema {
    let told = Table::new("told", Policy::system())
        .column("key", ColumnType::Text)
        .column("number", ColumnType::Integer)
        .column("turn", ColumnType::Integer)
        .index(&["key", "turn"]);
    Schema::new(service, vec![told])
}

pub(crate) async fn store(bench: &Bench) -> Store {
    bench.store(schema("things")).await
}

fn statement(tx: &Tx, sql: &str, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(tx.get_database_backend(), sql, values)
}

/// Writes down the event after those of its key that were written before.
pub(crate) async fn write_down(delivery: &Delivery) -> Result<(), ConsumerError> {
    const SQL: &str = "INSERT INTO told (tenant_id, id, key, number, turn) \
        SELECT $1, $2, $3, $4, (SELECT COUNT(*) FROM told WHERE key = $3)";
    let (tx, event): (&Tx, Happened) = (&delivery.tx, delivery.event.decode()?);
    let values = vec![delivery.event.tenant.into(), tx.new_id().into(), event.key.into(), event.number.into()];
    tx.execute_raw(statement(tx, SQL, values)).await.map_err(StoreError::from)?;
    Ok(())
}

pub(crate) fn recorder() -> Consumer {
    Consumer::new("recorder", TYPES, |delivery| async move { write_down(&delivery).await })
}

pub(crate) fn consumers(store: &Store, consumer: Consumer) -> Consumers {
    Consumers::new(store, vec![consumer], &[store.log()]).unwrap()
}

pub(crate) async fn publish(store: &Store, tenant: Uuid, key: &str, number: i64) {
    let event = &Happened { key: key.to_owned(), number };
    store.system(tenant).write(move |tx| async move { tx.publish(event).await }).await.unwrap();
}

/// Key → numbers, in the order in which the consumer was told.
pub(crate) async fn told(store: &Store, tenant: Uuid) -> BTreeMap<String, Vec<i64>> {
    #[derive(FromQueryResult)]
    struct Row {
        key: String,
        number: i64,
    }
    let read = |tx: Tx| async move {
        let rows = tx.query_all_raw(statement(&tx, "SELECT key, number, turn FROM told ORDER BY key, turn", vec![])).await?;
        rows.iter().map(|row| Row::from_query_result(row, "").map_err(StoreError::from)).collect::<Result<Vec<_>, _>>()
    };
    let mut all: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for row in store.system(tenant).read(read).await.unwrap() {
        all.entry(row.key).or_default().push(row.number);
    }
    all
}

/// A switch that a test turns while handlers look at it.
#[derive(Clone, Default)]
pub(crate) struct Switch(Arc<std::sync::atomic::AtomicBool>);

impl Switch {
    pub(crate) fn set(&self, on: bool) {
        self.0.store(on, std::sync::atomic::Ordering::SeqCst);
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}
