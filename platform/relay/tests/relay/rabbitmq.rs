//! What is said is heard in RabbitMQ, which is killed and wiped meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use banyan_contracts::CloudEvent;
use banyan_kernel::{Ids, OsRandom, Secret, SystemClock};
use banyan_relay::{RabbitOptions, RabbitQueue, RabbitSink};
use banyan_store::EngineKind;
use banyan_testkit::{Bench, Broker, on_both_engines};
use lapin::options::{BasicAckOptions, BasicGetOptions, ExchangeDeleteOptions};
use lapin::{Channel, Connection, ConnectionProperties};

use crate::things::{Happened, Process, eventually, publish, store};

const QUEUE: &str = "reader";

fn sink(url: String, queues: &[&str]) -> Arc<RabbitSink> {
    let mut options = RabbitOptions::new(&Secret::new(url), "banyan").unwrap();
    options.queues = queues.iter().map(|queue| RabbitQueue::parse(queue).unwrap()).collect();
    Arc::new(RabbitSink::new(options, Ids::new(Arc::new(SystemClock), Arc::new(OsRandom))))
}

async fn channel(rabbitmq: &Broker) -> (Connection, Channel) {
    let connection = Connection::connect(&rabbitmq.url(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

/// Takes what is in the queue, in order, with routing keys.
async fn take(rabbitmq: &Broker, queue: &str) -> Vec<(String, CloudEvent)> {
    let (connection, channel) = channel(rabbitmq).await;
    let mut found = Vec::new();
    while let Some(message) = channel.basic_get(queue.into(), BasicGetOptions::default()).await.unwrap() {
        let event: CloudEvent = serde_json::from_slice(&message.delivery.data).unwrap();
        let properties = &message.delivery.properties;
        assert_eq!(properties.content_type().as_ref().unwrap().as_str(), "application/cloudevents+json; charset=utf-8");
        assert_eq!(properties.message_id().as_ref().unwrap().as_str(), event.id.to_string());
        assert_eq!(properties.kind().as_ref().unwrap().as_str(), event.kind);
        assert_eq!(*properties.delivery_mode(), Some(2));
        found.push((message.delivery.routing_key.to_string(), event));
        message.delivery.acker.ack(BasicAckOptions::default()).await.unwrap();
    }
    connection.close(200, "done".into()).await.unwrap();
    found
}

/// Key → numbers as a program hears them that passes over what it has heard.
fn heard(events: Vec<(String, CloudEvent)>) -> BTreeMap<String, Vec<i64>> {
    let mut known = BTreeSet::new();
    let mut heard: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (_, event) in events.into_iter().filter(|(_, event)| known.insert(event.id)) {
        let happened: Happened = event.decode().unwrap();
        heard.entry(happened.key).or_default().push(happened.number);
    }
    heard
}

/// Whether a file there has these words: RabbitMQ answers before it has written what it is to keep.
fn has_written(folder: &Path, words: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().flatten().any(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => has_written(&entry.path(), words),
        // A file may be gone meanwhile.
        _ => std::fs::read(entry.path()).is_ok_and(|text| text.windows(words.len()).any(|some| some == words)),
    })
}

on_both_engines! {
    /// What is said before there is a broker, what it keeps through a kill, what it is given again when it was wiped.
    async fn events_leave_in_order_whatever_is_done_to_the_broker(bench: Bench) {
        let mut rabbitmq = Broker::rabbitmq();
        let store = store(&bench).await;
        publish(&store, bench.tenant, "a", 0..3).await;
        let process = Process::with(&store, sink(rabbitmq.url(), &["reader=*.things.#", "other=*.others.#"]));
        eventually("it says why nothing leaves", async || process.state().await.here.trouble.is_some()).await;
        assert!(process.state().await.here.trouble.unwrap().contains("127.0.0.1"));
        rabbitmq.run().await;
        process.done().await;
        publish(&store, bench.tenant, "a", 3..60).await;
        publish(&store, bench.tenant, "b", 0..5).await;
        process.done().await;
        // Killed earlier, it may forget what the relay knows it by; then everything is sent again.
        eventually("it has written down what it was told to keep", async || has_written(&rabbitmq.folder().join("store"), b"banyan.relay.")).await;
        rabbitmq.kill();
        publish(&store, bench.tenant, "a", 60..65).await;
        rabbitmq.run().await;
        process.done().await;
        let found = take(&rabbitmq, QUEUE).await;
        assert!(found.iter().all(|(key, _)| *key == format!("{}.things.thing.happened", bench.tenant)));
        let all = heard(found);
        assert_eq!((&all["a"], &all["b"]), (&(0..65).collect(), &(0..5).collect()));
        assert!(take(&rabbitmq, "other").await.is_empty());
        assert_eq!(process.state().await.here.refills, 0, "what was confirmed is not sent again");

        rabbitmq.kill();
        rabbitmq.wipe();
        rabbitmq.run().await;
        eventually("it notices", async || process.state().await.here.refills == 1).await;
        process.done().await;
        assert_eq!(heard(take(&rabbitmq, QUEUE).await)["a"], (0..65).collect::<Vec<_>>());
        // By somebody, while nothing was cut.
        let (_connection, deleting) = channel(&rabbitmq).await;
        deleting.exchange_delete("banyan".into(), ExchangeDeleteOptions::default()).await.unwrap();
        eventually("events leave again", async || {
            publish(&store, bench.tenant, "c", 0..1).await;
            process.done().await;
            take(&rabbitmq, QUEUE).await.iter().any(|(_, event)| event.subject == "c")
        })
        .await;
        process.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_the_way_is_said() {
    let bench = Bench::on(EngineKind::Sqlite).await;
    let rabbitmq = Broker::rabbitmq().started().await;
    let store = store(&bench).await;
    publish(&store, bench.tenant, "a", 0..1).await;
    let url = format!("amqp://guest:wrong-one@127.0.0.1:{}", rabbitmq.port());
    let process = Process::with(&store, sink(url, &[]));
    eventually("it says what is wrong", async || process.state().await.here.trouble.is_some()).await;
    let trouble = process.state().await.here.trouble.unwrap();
    assert!(trouble.contains("ACCESS") && !trouble.contains("wrong-one"), "{trouble}");
    process.stop().await;
    // An exchange of that name, and of another type.
    let (_connection, channel) = channel(&rabbitmq).await;
    let (fanout, options) = (lapin::ExchangeKind::Fanout, lapin::options::ExchangeDeclareOptions::default());
    channel.exchange_declare("banyan".into(), fanout, options, lapin::types::FieldTable::default()).await.unwrap();
    let process = Process::with(&store, sink(rabbitmq.url(), &[]));
    eventually("it says what is in its way", async || {
        process.state().await.here.trouble.is_some_and(|trouble| trouble.contains("inequivalent arg"))
    })
    .await;
    channel.exchange_delete("banyan".into(), ExchangeDeleteOptions::default()).await.unwrap();
    process.done().await;
    process.stop().await;
}
