//! Redis Streams: `XADD` by publishers, a consumer group whose effect is a hash, written with the acknowledgement in one transaction.

use redis::aio::MultiplexedConnection;
use redis::streams::{StreamReadOptions, StreamReadReply};
use redis::{AsyncCommands, Client};

use crate::figures::{Delays, Figures, Load, run};

const STREAM: &str = "events";
const GROUP: &str = "effects";
/// As many as a transaction of ours takes.
const BATCH: usize = 128;

pub(crate) async fn measure(url: &str, nodes: usize, load: &Load) -> Figures {
    let client = Client::open(url).unwrap();
    let publisher = client.get_multiplexed_async_connection().await.unwrap();
    let _made: () = publisher.clone().xgroup_create_mkstream(STREAM, GROUP, "$").await.unwrap();
    let delays = Delays::new();
    let mut members = Vec::new();
    for node in 0..nodes {
        let connection = client.get_multiplexed_async_connection().await.unwrap();
        members.push(tokio::spawn(consume(connection, format!("node {node}"), delays.clone())));
    }
    let filling = "x".repeat(900);
    let figures = run(load, &delays, |numbers| {
        let sent = delays.now();
        let mut transaction = redis::pipe();
        if load.batch > 1 {
            transaction.atomic();
        }
        for number in numbers {
            let data = serde_json::json!({ "key": format!("key {}", number % 997), "sent": sent, "filling": filling });
            transaction.xadd(STREAM, "*", &[("data", data.to_string())]).ignore();
        }
        let mut connection = publisher.clone();
        async move {
            let _done: () = transaction.query_async(&mut connection).await.unwrap();
        }
    })
    .await;
    members.iter().for_each(tokio::task::JoinHandle::abort);
    figures
}

async fn consume(mut connection: MultiplexedConnection, node: String, delays: Delays) {
    let options = StreamReadOptions::default().group(GROUP, node).count(BATCH);
    loop {
        let reply: Option<StreamReadReply> = connection.xread_options(&[STREAM], &[">"], &options).await.unwrap();
        let entries: Vec<_> = reply.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids).collect();
        if entries.is_empty() {
            // A blocking read would hold up the connection's other commands.
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            continue;
        }
        let (mut transaction, mut sent) = (redis::pipe(), Vec::with_capacity(entries.len()));
        transaction.atomic();
        for entry in &entries {
            let data: String = entry.get("data").unwrap();
            let data: serde_json::Value = serde_json::from_str(&data).unwrap();
            sent.push(data["sent"].as_u64().unwrap());
            transaction.hset(format!("effect:{}", entry.id), "sent", data["sent"].as_u64().unwrap()).ignore();
            transaction.xack(STREAM, GROUP, &[&entry.id]).ignore();
        }
        let _done: () = transaction.query_async(&mut connection).await.unwrap();
        delays.durable(sent);
    }
}
