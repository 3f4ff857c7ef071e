//! How many events a second go from a durable publish to a durable effect: `cargo bench -p banyan-events -- [sqlite|postgres] [events]`.
//!
//! Each event has 1 kB of data; its effect is one row, beside the row that says that it was handled. Publishers write one event a
//! transaction, many at once. Prints one line a run.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::cast_precision_loss, reason = "a measurement")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use banyan_contracts::Event;
use banyan_events::{Consumer, Consumers, parts};
use banyan_kernel::{OsRandom, SystemClock, Uuid};
use banyan_store::idempotency::Cipher;
use banyan_store::migrate::Schema;
use banyan_store::{ColumnType, Engine, Environment, Policy, PostgresOptions, Store, StoreError, Table};
use parking_lot::Mutex;
use sea_orm::{ConnectionTrait, Statement};
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, watch};

#[derive(Serialize, Deserialize)]
struct Measured {
    key: String,
    sent: u64,
    filling: String,
}

impl Event for Measured {
    const TYPE: &'static str = "measured.event.sent";
    const VERSION: u32 = 1;

    fn subject(&self) -> String {
        self.key.clone()
    }
}

fn schema() -> Schema {
    let effects = Table::new("effects", Policy::system()).column("sent", ColumnType::Integer);
    parts().into_iter().fold(Schema::new("measured", vec![effects]), Schema::part)
}

type Delays = Arc<Mutex<Vec<u64>>>;

/// One row an event. The delay is from before the publishing transaction to the handler's end, in microseconds.
fn consumer(begun: Instant, delays: Delays) -> Consumer {
    Consumer::new("effects", &[Measured::TYPE], move |delivery| {
        let delays = delays.clone();
        async move {
            const SQL: &str = "INSERT INTO effects (tenant_id, id, sent) VALUES ($1, $2, $3)";
            let tx = &delivery.tx;
            let sent = delivery.event.data["sent"].as_u64().unwrap_or_default();
            let values = [delivery.event.tenant.into(), tx.new_id().into(), i64::try_from(sent).unwrap_or(0).into()];
            let statement = Statement::from_sql_and_values(tx.get_database_backend(), SQL, values);
            tx.execute_raw(statement).await.map_err(StoreError::from)?;
            let now = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            delays.lock().push(now.saturating_sub(sent));
            Ok(())
        }
    })
}

async fn open(engine: &Engine) -> Store {
    let random = Arc::new(OsRandom);
    let environment = Environment::new(Arc::new(SystemClock), random.clone(), Cipher::new([7; 32], random));
    Store::open(engine, schema(), environment).await.unwrap()
}

struct Run {
    engine: &'static str,
    nodes: usize,
    events: u64,
    at_once: usize,
    /// A second; as many as go where there is none.
    rate: Option<u64>,
}

async fn measure(run: &Run, engines: Vec<Engine>) {
    let (begun, delays) = (Instant::now(), Delays::default());
    let (stop, heard) = watch::channel(false);
    let mut stores = Vec::new();
    let mut tasks = Vec::new();
    for engine in &engines {
        let store = open(engine).await;
        let consumers = Consumers::new(&store, vec![consumer(begun, delays.clone())], &[store.log()]).unwrap();
        tasks.push(tokio::spawn(consumers.run(heard.clone())));
        stores.push(store);
    }
    // Partitions are divided before anything is measured.
    tokio::time::sleep(Duration::from_secs(if run.nodes > 1 { 4 } else { 1 })).await;
    let (tenant, permits, started) = (Uuid::from_u128(7), Arc::new(Semaphore::new(run.at_once)), Instant::now());
    let filling = "x".repeat(900);
    for number in 0..run.events {
        if let Some(rate) = run.rate {
            let due = started + Duration::from_micros(number * 1_000_000 / rate);
            if due > Instant::now() {
                tokio::time::sleep_until(due.into()).await;
            }
        }
        let permit = permits.clone().acquire_owned().await.unwrap();
        let (store, filling) = (stores[usize::try_from(number).unwrap_or(0) % stores.len()].clone(), filling.clone());
        tokio::spawn(async move {
            let sent = u64::try_from(begun.elapsed().as_micros()).unwrap_or(0);
            let event = &Measured { key: format!("key {}", number % 997), sent, filling };
            store.system(tenant).write(move |tx| async move { tx.publish(event).await }).await.unwrap();
            drop(permit);
        });
    }
    let published = started.elapsed();
    while (delays.lock().len() as u64) < run.events && started.elapsed() < Duration::from_secs(120) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let took = started.elapsed();
    stop.send_replace(true);
    for task in tasks {
        task.await.unwrap();
    }
    let mut delays = delays.lock().clone();
    delays.sort_unstable();
    let at = |share: f64| delays.get(((delays.len() as f64) * share) as usize).copied().unwrap_or(0) as f64 / 1_000.0;
    println!(
        "{} nodes={} at_once={} rate={:?} handled={} published {:.0}/s end-to-end {:.0}/s p50 {:.1} ms p99 {:.1} ms",
        run.engine,
        run.nodes,
        run.at_once,
        run.rate,
        delays.len(),
        run.events as f64 / published.as_secs_f64(),
        delays.len() as f64 / took.as_secs_f64(),
        at(0.5),
        at(0.99)
    );
}

async fn sqlite(events: u64, rate: Option<u64>) {
    let directory = std::path::PathBuf::from(format!("/var/tmp/banyan-bench-events-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    measure(&Run { engine: "sqlite", nodes: 1, events, at_once: 256, rate }, vec![Engine::sqlite(&directory)]).await;
    std::fs::remove_dir_all(&directory).unwrap();
}

async fn postgres(url: &str, nodes: usize, events: u64, rate: Option<u64>) {
    let mut engines = Vec::new();
    for _ in 0..nodes {
        engines.push(Engine::postgres(PostgresOptions::new(url.to_owned())).await.unwrap());
    }
    measure(&Run { engine: "postgres", nodes, events, at_once: 64, rate }, engines).await;
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let events = arguments.get(1).and_then(|text| text.parse().ok()).unwrap_or(50_000);
    match arguments.first().map(String::as_str) {
        Some("sqlite") | None => {
            sqlite(events, None).await;
            sqlite(events, Some(10_000)).await;
        }
        Some(url) => {
            for nodes in [1, 3] {
                postgres(url, nodes, events, None).await;
            }
            postgres(url, 1, events, Some(5_000)).await;
        }
    }
}
