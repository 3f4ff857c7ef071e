//! Banyan's log on its way outside: how fast a full one is given to a broker, and how long an event takes to a program that pulls it from
//! JetStream and writes its effect into a database of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::jetstream;
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use banyan_contracts::CloudEvent;
use banyan_events::Consumers;
use banyan_events::log::Sink;
use banyan_kernel::Secret;
use banyan_relay::{Delivery, NatsOptions, NatsSink, RedisOptions, RedisSink};
use banyan_store::{Engine, Store, StoreError, Tx};
use futures_util::StreamExt as _;
use sea_orm::ActiveValue::Set;
use tokio::sync::watch;

use crate::figures::{Delays, Figures, Load, run};
use crate::ours::{TENANT, effect, open, publish};

const STREAM: &str = "banyan";
/// Messages that the program outside handles in one transaction.
const BATCH: usize = 128;
/// Events of a transaction while the log is filled.
const FILLING: u64 = 128;

fn sink(broker: &str) -> Arc<dyn Sink> {
    let url = Secret::new(broker.to_owned());
    if broker.starts_with("nats:") {
        return Arc::new(NatsSink::new(NatsOptions::new(&url, STREAM, STREAM).unwrap()));
    }
    let mut options = RedisOptions::new(&url, "events:").unwrap();
    (options.delivery, options.max_length) = (Delivery::Stream, 10_000_000);
    Arc::new(RedisSink::new(options))
}

/// From the start of the relay until the broker has acknowledged all.
pub(crate) async fn whole_log(engine: &Engine, broker: &str, events: u64) -> Figures {
    let store = open(engine, "measured").await;
    for first in (0..events).step_by(usize::try_from(FILLING).unwrap()) {
        publish(std::slice::from_ref(&store), first..(first + FILLING).min(events), 0).await;
    }
    while store.log().is_unsettled().await.unwrap() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let consumers = Consumers::new(&store, Vec::new(), &[store.log()]).unwrap().relayed_to(sink(broker));
    let (stop, heard) = watch::channel(false);
    let begun = Instant::now();
    let task = tokio::spawn(consumers.clone().run(heard));
    while consumers.relay_counts()[0].1.sent < events {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let took = begun.elapsed();
    stop.send_replace(true);
    task.await.unwrap();
    Figures::of_whole_log(events, took)
}

/// From before the publishing transaction to after the commit of the effect outside.
pub(crate) async fn through(engines: &[Engine], broker: &str, load: &Load) -> Figures {
    let delays = Delays::new();
    let (stop, heard) = watch::channel(false);
    let (mut stores, mut tasks) = (Vec::new(), Vec::new());
    for engine in engines {
        let store = open(engine, "measured").await;
        let consumers = Consumers::new(&store, Vec::new(), &[store.log()]).unwrap().relayed_to(sink(broker));
        tasks.push(tokio::spawn(consumers.run(heard.clone())));
        stores.push(store);
    }
    // One that makes the stream, and divided partitions, before anything is measured.
    publish(&stores, 0..1, 0).await;
    tokio::time::sleep(Duration::from_secs(if engines.len() > 1 { 4 } else { 1 })).await;
    let mut readers = Vec::new();
    for engine in engines {
        let consumer = consumer(broker).await;
        readers.push(tokio::spawn(read(consumer, open(engine, "outside").await, delays.clone())));
    }
    let figures = run(load, &delays, |numbers| publish(&stores, numbers, delays.now())).await;
    stop.send_replace(true);
    for task in tasks {
        task.await.unwrap();
    }
    readers.iter().for_each(tokio::task::JoinHandle::abort);
    figures
}

async fn consumer(broker: &str) -> PullConsumer {
    let context = jetstream::new(async_nats::connect(broker).await.unwrap());
    let stream = context.get_stream(STREAM).await.unwrap();
    let options =
        pull::Config { durable_name: Some("effects".to_owned()), ack_policy: AckPolicy::Explicit, ..Default::default() };
    stream.get_or_create_consumer("effects", options).await.unwrap()
}

async fn read(consumer: PullConsumer, store: Store, delays: Delays) {
    let messages = consumer.stream().max_messages_per_batch(BATCH).messages().await.unwrap();
    // What is there, without waiting for more.
    let mut batches = std::pin::pin!(messages.map(Result::unwrap).ready_chunks(BATCH));
    while let Some(messages) = batches.next().await {
        let events = messages.iter().map(|message| serde_json::from_slice::<CloudEvent>(&message.payload).unwrap());
        // The one that made the stream is none of those that are counted.
        let events: Vec<_> =
            events.map(|event| (event.id, event.data["sent"].as_u64().unwrap())).filter(|(_, sent)| *sent > 0).collect();
        let rows = &events;
        let write = move |tx: Tx| async move {
            for (id, sent) in rows {
                // The event's id: an effect that was there already would be refused.
                let row =
                    effect::ActiveModel { tenant_id: Set(TENANT), id: Set(*id), sent: Set(i64::try_from(*sent).unwrap_or(0)) };
                tx.insert(row).await?;
            }
            Ok::<_, StoreError>(())
        };
        store.system(TENANT).write(write).await.unwrap();
        for message in &messages {
            message.ack().await.unwrap();
        }
        delays.durable(events.into_iter().map(|(_, sent)| sent));
    }
}
