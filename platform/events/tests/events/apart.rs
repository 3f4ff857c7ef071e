//! A consumer hears a service whose rows its process does not open.

use std::sync::Arc;
use std::time::{Duration, Instant};

use banyan_events::{Consumers, parts};
use banyan_kernel::{OsRandom, SystemClock};
use banyan_store::migrate::Schema;
use banyan_store::{EngineKind, Environment, Store};
use banyan_testkit::Bench;
use tokio::sync::watch;

use crate::things::{bare_schema, publish, recorder, store, told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_a_service_elsewhere_are_heard() {
    let bench = Bench::on(EngineKind::Postgres).await;
    let publisher = store(&bench).await;
    let environment = || Environment::new(Arc::new(SystemClock), Arc::new(OsRandom), bench.environment.cipher.clone());
    let log = Store::open_log(&bench.database.engine, "things", environment()).await.unwrap();
    let schema = parts().into_iter().fold(bare_schema("others"), Schema::part);
    let others = Store::open(&bench.database.engine, schema, environment()).await.unwrap();
    let consumers = Consumers::new(&others, vec![recorder()], &[log]).unwrap();
    let (stop, heard) = watch::channel(false);
    let running = tokio::spawn(consumers.clone().run(heard));
    let begun = Instant::now();
    for number in 0..20 {
        publish(&publisher, bench.tenant, "a", number).await;
    }
    let all: Vec<i64> = (0..20).collect();
    while told(&others, bench.tenant).await.get("a") != Some(&all) {
        assert!(begun.elapsed() < Duration::from_secs(60), "not heard: {:?}", told(&others, bench.tenant).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Partitions in which nothing stands follow a little later.
    while consumers.states().await.unwrap()[0].lag > 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "it stays behind");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.send_replace(true);
    running.await.unwrap();
    // Its place stands in the other's log, which nothing is tidied from before it.
    let readers = publisher.log().readers().await.unwrap();
    assert_eq!(readers[0].reader, "others.recorder");
    assert!(told(&publisher, bench.tenant).await.is_empty());
}
