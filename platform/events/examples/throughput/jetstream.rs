//! NATS JetStream with file storage, which answers before it has written to the disk: each event is published and acknowledged; the effect
//! is a message in another stream, acknowledged before the event is.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::stream::{Config, StorageType, Stream};
use async_nats::jetstream::{self, Context};
use futures_util::StreamExt as _;
use futures_util::future::join_all;

use crate::figures::{Delays, Figures, Load, run};

/// As many as a transaction of ours takes at first.
const BATCH: usize = 128;

pub(crate) async fn measure(url: &str, nodes: usize, load: &Load) -> Figures {
    let context = jetstream::new(async_nats::connect(url).await.unwrap());
    let events = stream(&context, "events").await;
    stream(&context, "effects").await;
    let options =
        pull::Config { durable_name: Some("effects".to_owned()), ack_policy: AckPolicy::Explicit, ..Default::default() };
    let consumer: PullConsumer = events.create_consumer(options).await.unwrap();
    let delays = Delays::new();
    let consume = |_| tokio::spawn(consume(consumer.clone(), context.clone(), delays.clone()));
    let members: Vec<_> = (0..nodes).map(consume).collect();
    let filling = "x".repeat(900);
    let figures = run(load, &delays, |numbers| {
        let sent = delays.now();
        let data =
            |number| serde_json::json!({ "key": format!("key {}", number % 997), "sent": sent, "filling": filling }).to_string();
        let events: Vec<String> = numbers.map(data).collect();
        let context = context.clone();
        async move {
            let mut acknowledgements = Vec::with_capacity(events.len());
            for event in events {
                acknowledgements.push(context.publish("events", event.into()).await.unwrap().into_future());
            }
            for acknowledged in join_all(acknowledgements).await {
                acknowledged.unwrap();
            }
        }
    })
    .await;
    members.iter().for_each(tokio::task::JoinHandle::abort);
    figures
}

async fn stream(context: &Context, name: &str) -> Stream {
    let config =
        Config { name: name.to_owned(), subjects: vec![name.to_owned()], storage: StorageType::File, ..Default::default() };
    context.create_stream(config).await.unwrap()
}

async fn consume(consumer: PullConsumer, context: Context, delays: Delays) {
    loop {
        let fetch = consumer.fetch().max_messages(BATCH).expires(Duration::from_secs(1));
        let messages: Vec<_> = fetch.messages().await.unwrap().map(Result::unwrap).collect().await;
        let (mut sent, mut effects) = (Vec::with_capacity(messages.len()), Vec::with_capacity(messages.len()));
        for message in &messages {
            let data: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
            let effect = context.publish("effects", data["sent"].to_string().into()).await.unwrap();
            effects.push(effect.into_future());
            sent.push(data["sent"].as_u64().unwrap());
        }
        for effect in join_all(effects).await {
            effect.unwrap();
        }
        for message in &messages {
            message.ack().await.unwrap();
        }
        delays.durable(sent);
    }
}
