//! Banyan's log: publishing transactions, a consumer whose effect is a row.

use std::future::Future;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use banyan_contracts::Event;
use banyan_events::{Consumer, Consumers, parts};
use banyan_kernel::{OsRandom, SystemClock, Uuid};
use banyan_store::idempotency::Cipher;
use banyan_store::migrate::Schema;
use banyan_store::{ColumnType, Engine, Environment, Policy, PostgresOptions, Store, StoreError, Table, Tx};
use parking_lot::Mutex;
use sea_orm::ActiveValue::Set;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::figures::{Delays, Figures, Load, run};

const BELL: &str = "effects";
pub(crate) const TENANT: Uuid = Uuid::from_u128(7);

#[derive(Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) key: String,
    pub(crate) sent: u64,
    pub(crate) filling: String,
}

impl Event for Measured {
    const TYPE: &'static str = "measured.event.sent";
    const VERSION: u32 = 1;

    fn subject(&self) -> String {
        self.key.clone()
    }
}

#[expect(unreachable_pub, reason = "what the derive makes is public")]
pub(crate) mod effect {
    use banyan_kernel::Uuid;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "effects")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub sent: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) fn sqlite_engines(directory: &Path) -> Vec<Engine> {
    std::fs::create_dir_all(directory).unwrap();
    vec![Engine::sqlite(directory)]
}

/// One a node.
pub(crate) async fn postgres_engines(url: &str, nodes: usize) -> Vec<Engine> {
    let mut engines = Vec::new();
    for _ in 0..nodes {
        engines.push(Engine::postgres(PostgresOptions::new(url.to_owned())).await.unwrap());
    }
    engines
}

pub(crate) async fn sqlite(directory: &Path, load: &Load) -> Figures {
    measure(sqlite_engines(directory), load).await
}

pub(crate) async fn postgres(url: &str, nodes: usize, load: &Load) -> Figures {
    measure(postgres_engines(url, nodes).await, load).await
}

async fn measure(engines: Vec<Engine>, load: &Load) -> Figures {
    let delays = Delays::new();
    let (stop, heard) = watch::channel(false);
    let (mut stores, mut consumers) = (Vec::new(), Vec::new());
    for engine in &engines {
        let store = open(engine, "measured").await;
        let pending = Pending::default();
        tokio::spawn(count(store.clone(), pending.clone(), delays.clone()));
        let group = Consumers::new(&store, vec![consumer(pending)], &[store.log()]).unwrap();
        consumers.push(tokio::spawn(group.run(heard.clone())));
        stores.push(store);
    }
    // Partitions are divided before anything is measured.
    tokio::time::sleep(Duration::from_secs(if engines.len() > 1 { 4 } else { 1 })).await;
    let figures = run(load, &delays, |numbers| publish(&stores, numbers, delays.now())).await;
    stop.send_replace(true);
    for task in consumers {
        task.await.unwrap();
    }
    figures
}

/// One transaction with these events.
pub(crate) fn publish(stores: &[Store], numbers: Range<u64>, sent: u64) -> impl Future<Output = ()> + Send + 'static {
    let store = stores[usize::try_from(numbers.start).unwrap_or(0) % stores.len()].clone();
    let event = |number| Measured { key: format!("key {}", number % 997), sent, filling: "x".repeat(900) };
    let events: Vec<Measured> = numbers.map(event).collect();
    async move {
        let events = &events;
        let publish = move |tx: Tx| async move {
            for event in events {
                tx.publish(event).await?;
            }
            Ok::<_, StoreError>(())
        };
        store.system(TENANT).write(publish).await.unwrap();
    }
}

fn schema(service: &'static str) -> Schema {
    let effects = Table::new("effects", Policy::system()).column("sent", ColumnType::Integer);
    parts().into_iter().fold(Schema::new(service, vec![effects]), Schema::part)
}

pub(crate) async fn open(engine: &Engine, service: &'static str) -> Store {
    let random = Arc::new(OsRandom);
    let environment = Environment::new(Arc::new(SystemClock), random.clone(), Cipher::new([7; 32], random));
    Store::open(engine, schema(service), environment).await.unwrap()
}

/// When the events were sent whose effects wait for their commit.
type Pending = Arc<Mutex<Vec<u64>>>;

/// One row an event.
fn consumer(pending: Pending) -> Consumer {
    Consumer::new("effects", &[Measured::TYPE], move |delivery| {
        let pending = pending.clone();
        async move {
            let tx = &delivery.tx;
            let sent = delivery.event.data["sent"].as_u64().unwrap_or_default();
            let (tenant_id, id) = (Set(delivery.event.tenant), Set(tx.new_id()));
            tx.insert(effect::ActiveModel { tenant_id, id, sent: Set(i64::try_from(sent).unwrap_or(0)) }).await?;
            tx.ring(BELL);
            pending.lock().push(sent);
            Ok(())
        }
    })
}

/// The bell rings after each commit. Where several transactions run at a time (PostgreSQL), those of the others that wait for theirs are
/// counted with it: some milliseconds too early.
async fn count(store: Store, pending: Pending, delays: Delays) {
    let bell = store.bell(BELL);
    loop {
        bell.notified().await;
        delays.durable(std::mem::take(&mut *pending.lock()));
    }
}
