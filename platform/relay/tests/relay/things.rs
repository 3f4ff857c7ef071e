//! A service whose events are numbered, the process that relays them, and a program that reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_nats::jetstream::consumer::pull::OrderedConfig;
use async_nats::jetstream::{self, stream::Stream};
use banyan_contracts::{CloudEvent, Event};
use banyan_events::log::{RelayState, Sink};
use banyan_events::{Consumers, parts};
use banyan_kernel::{OsRandom, Secret, SystemClock, Uuid};
use banyan_relay::{NatsOptions, NatsSink};
use banyan_store::migrate::Schema;
use banyan_store::{Environment, Store};
use banyan_testkit::{Bench, Broker};
pub(crate) use banyan_testkit::{eventually, eventually_within};
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) const STREAM: &str = "banyan";

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

/// The service's store in another process, with the machine's clock.
pub(crate) async fn store(bench: &Bench) -> Store {
    let environment = Environment::new(Arc::new(SystemClock), Arc::new(OsRandom), bench.environment.cipher.clone());
    let schema = parts().into_iter().fold(Schema::new("things", Vec::new()), Schema::part);
    Store::open(&bench.database.engine, schema, environment).await.unwrap()
}

pub(crate) async fn publish(store: &Store, tenant: Uuid, key: &str, numbers: std::ops::Range<i64>) {
    for number in numbers {
        let event = &Happened { key: key.to_owned(), number };
        store.system(tenant).write(move |tx| async move { tx.publish(event).await }).await.unwrap();
    }
}

pub(crate) fn options(nats: &Broker) -> NatsOptions {
    NatsOptions::new(&Secret::new(nats.url()), STREAM, "banyan").unwrap()
}

/// A process that relays.
pub(crate) struct Process {
    pub(crate) consumers: Consumers,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Process {
    pub(crate) fn start(store: &Store, nats: &Broker) -> Self {
        Self::with(store, Arc::new(NatsSink::new(options(nats))))
    }

    pub(crate) fn with(store: &Store, sink: Arc<dyn Sink>) -> Self {
        let consumers = Consumers::new(store, Vec::new(), &[store.log()]).unwrap().relayed_to(sink);
        let (stop, heard) = watch::channel(false);
        let task = tokio::spawn(consumers.clone().run(heard));
        Self { consumers, stop, task }
    }

    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }

    /// Without a last word.
    pub(crate) fn kill(&self) {
        self.task.abort();
    }

    pub(crate) async fn state(&self) -> RelayState {
        self.consumers.relays().await.unwrap().remove(0)
    }

    pub(crate) async fn done(&self) {
        eventually("everything has left", async || self.state().await.lag == 0).await;
    }
}

pub(crate) async fn stream(nats: &Broker) -> Stream {
    let client = async_nats::connect(nats.url()).await.unwrap();
    jetstream::new(client).get_stream(STREAM).await.unwrap()
}

/// What stands in the stream, in order, with its subjects.
pub(crate) async fn messages(nats: &Broker) -> Vec<(String, CloudEvent)> {
    let stream = stream(nats).await;
    let count = stream.cached_info().state.messages;
    let consumer = stream.create_consumer(OrderedConfig::default()).await.unwrap();
    let mut messages = consumer.messages().await.unwrap();
    let mut found = Vec::new();
    while (found.len() as u64) < count {
        let message = messages.next().await.unwrap().unwrap();
        let headers = message.headers.clone().unwrap();
        assert_eq!(headers.get("Content-Type").unwrap().as_str(), "application/cloudevents+json; charset=utf-8");
        let event: CloudEvent = serde_json::from_slice(&message.payload).unwrap();
        assert_eq!(headers.get("Nats-Msg-Id").unwrap().as_str(), event.id.to_string());
        found.push((message.subject.to_string(), event));
    }
    found
}

/// Key → numbers as a program hears them that passes over what it has heard.
pub(crate) async fn heard(nats: &Broker) -> BTreeMap<String, Vec<i64>> {
    let mut known = BTreeSet::new();
    let mut heard: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (_, event) in messages(nats).await {
        if known.insert(event.id) {
            let happened: Happened = event.decode().unwrap();
            heard.entry(happened.key).or_default().push(happened.number);
        }
    }
    heard
}
