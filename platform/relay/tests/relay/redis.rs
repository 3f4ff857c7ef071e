//! What is said is heard in Redis, which is killed, emptied and set back meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use banyan_contracts::CloudEvent;
use banyan_events::log::Sink as _;
use banyan_kernel::Secret;
use banyan_relay::{Delivery, RedisOptions, RedisSink};
use banyan_store::EngineKind;
use banyan_testkit::{Bench, Broker, on_both_engines};
use futures_util::StreamExt as _;
use redis::aio::MultiplexedConnection;

use crate::things::{Happened, Process, eventually, publish, store};

const NAME: &str = "events:things.thing.happened";

fn options(redis: &Broker) -> RedisOptions {
    RedisOptions::new(&Secret::new(redis.url()), "events:").unwrap()
}

fn sink(redis: &Broker) -> Arc<RedisSink> {
    Arc::new(RedisSink::new(options(redis)))
}

async fn connect(redis: &Broker) -> MultiplexedConnection {
    redis::Client::open(redis.url()).unwrap().get_multiplexed_async_connection().await.unwrap()
}

type Entry = (String, Vec<(String, String)>);

/// What stands in the stream, in order.
pub(crate) async fn entries(redis: &Broker) -> Vec<CloudEvent> {
    let mut connection = connect(redis).await;
    let (mut entries, mut after) = (Vec::new(), "-".to_owned());
    loop {
        let mut page = redis::cmd("XRANGE");
        page.arg(NAME).arg(&after).arg("+").arg("COUNT").arg(1_000);
        let page: Vec<Entry> = page.query_async(&mut connection).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        after = format!("({last}");
        entries.extend(page);
    }
    let event = |(_, fields): Entry| {
        let fields: BTreeMap<String, String> = fields.into_iter().collect();
        let event: CloudEvent = serde_json::from_str(&fields["event"]).unwrap();
        assert_eq!(fields["id"], event.id.to_string());
        assert_eq!(fields["tenant"], event.tenant.to_string());
        assert_eq!(fields["subject"], event.subject);
        assert_eq!(fields.len(), 4);
        event
    };
    entries.into_iter().map(event).collect()
}

/// Key → numbers as a program hears them that passes over what it has heard.
fn heard(events: impl IntoIterator<Item = CloudEvent>) -> BTreeMap<String, Vec<i64>> {
    let mut known = BTreeSet::new();
    let mut heard: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for event in events.into_iter().filter(|event| known.insert(event.id)) {
        let happened: Happened = event.decode().unwrap();
        heard.entry(happened.key).or_default().push(happened.number);
    }
    heard
}

on_both_engines! {
    /// Also what was said before there was a broker, and what is said while it is away.
    async fn events_leave_in_order_to_channel_and_stream(bench: Bench) {
        let mut redis = Broker::redis();
        let store = store(&bench).await;
        publish(&store, bench.tenant, "a", 0..3).await;
        let process = Process::with(&store, sink(&redis));
        eventually("it says why nothing leaves", async || process.state().await.here.trouble.is_some()).await;
        assert!(process.state().await.here.trouble.unwrap().contains("127.0.0.1"));
        redis.run().await;
        process.done().await;
        let mut listener = redis::Client::open(redis.url()).unwrap().get_async_pubsub().await.unwrap();
        listener.subscribe(NAME).await.unwrap();
        let other = bench.new_id();
        publish(&store, other, "a", 0..2).await;
        publish(&store, bench.tenant, "a", 3..300).await;
        process.done().await;
        let found = entries(&redis).await;
        let of = |tenant| {
            let mine = found.iter().filter(move |event| event.tenant == tenant);
            mine.map(|event| event.data["number"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(of(bench.tenant), (0..300).collect::<Vec<_>>());
        assert_eq!(of(other), [0, 1]);
        let mut published = Vec::new();
        let mut messages = listener.on_message();
        while published.len() < 299 {
            published.push(serde_json::from_str(&messages.next().await.unwrap().get_payload::<String>().unwrap()).unwrap());
        }
        assert_eq!(found[3..], published, "who listens hears the same");
        let state = process.state().await;
        assert_eq!((state.sequence, state.here.refills, state.here.trouble), (Some(302), 0, None));
        process.stop().await;
        // Another process goes on where this one stopped.
        publish(&store, bench.tenant, "a", 300..310).await;
        let process = Process::with(&store, sink(&redis));
        process.done().await;
        assert_eq!(entries(&redis).await.len(), 312, "none was sent again");
        process.stop().await;
    }

    async fn an_emptied_redis_is_filled_again_also_while_connected(bench: Bench) {
        let mut redis = Broker::redis().started().await;
        let store = store(&bench).await;
        publish(&store, bench.tenant, "a", 0..20).await;
        let process = Process::with(&store, sink(&redis));
        process.done().await;
        redis.kill();
        redis.wipe();
        publish(&store, bench.tenant, "a", 20..30).await;
        redis.run().await;
        eventually("it notices", async || process.state().await.here.refills == 1).await;
        process.done().await;
        assert_eq!(heard(entries(&redis).await)["a"], (0..30).collect::<Vec<_>>());
        // By somebody, while nothing was cut and nothing is said.
        redis::cmd("FLUSHALL").query_async::<()>(&mut connect(&redis).await).await.unwrap();
        eventually("it notices again", async || process.state().await.here.refills == 2).await;
        process.done().await;
        assert_eq!(heard(entries(&redis).await)["a"], (0..30).collect::<Vec<_>>());
        process.stop().await;
    }

    /// Another log's relay may have connected meanwhile; whose place is older than the emptying must not be the first to speak.
    async fn nothing_is_sent_by_a_connection_that_was_made_since(bench: Bench) {
        let mut redis = Broker::redis().started().await;
        let store = store(&bench).await;
        let sink = sink(&redis);
        publish(&store, bench.tenant, "a", 0..1).await;
        let process = Process::with(&store, sink.clone());
        process.done().await;
        let events: Vec<Arc<CloudEvent>> = entries(&redis).await.into_iter().map(Arc::new).collect();
        process.stop().await;
        let before = sink.open("things", None).await.unwrap().epoch;
        redis.kill();
        redis.wipe();
        redis.run().await;
        assert!(sink.send("things", before, events.clone()).await.is_err(), "the connection is cut");
        let now = sink.open("things", None).await.unwrap().epoch;
        assert!(sink.send("things", before, events.clone()).await.is_err(), "the one that was looked at is gone");
        assert_eq!(entries(&redis).await, []);
        sink.send("things", now, events.clone()).await.unwrap();
        assert_eq!(entries(&redis).await.len(), 1);
    }

    /// As with `appendfsync everysec`, or after a replica that lagged took over.
    async fn a_lost_end_is_filled_again(bench: Bench) {
        let mut redis = Broker::redis().started().await;
        let store = store(&bench).await;
        let process = Process::with(&store, sink(&redis));
        publish(&store, bench.tenant, "a", 0..10).await;
        process.done().await;
        redis.kill();
        redis.save();
        redis.run().await;
        publish(&store, bench.tenant, "a", 10..20).await;
        process.done().await;
        assert_eq!(process.state().await.here.refills, 0, "a restart that loses nothing sends nothing again");
        redis.kill();
        redis.bring_back();
        redis.run().await;
        eventually("it notices", async || process.state().await.here.refills == 1).await;
        process.done().await;
        assert_eq!(heard(entries(&redis).await)["a"], (0..20).collect::<Vec<_>>());
        process.stop().await;
    }
}

#[tokio::test]
async fn streams_are_bounded_and_channels_keep_nothing() {
    let bench = Bench::on(EngineKind::Sqlite).await;
    let redis = Broker::redis().started().await;
    let things = store(&bench).await;
    let mut bounded = options(&redis);
    (bounded.max_length, bounded.delivery) = (100, Delivery::Stream);
    let process = Process::with(&things, Arc::new(RedisSink::new(bounded)));
    publish(&things, bench.tenant, "a", 0..1_000).await;
    process.done().await;
    let kept = entries(&redis).await.len();
    assert!((100..400).contains(&kept), "{kept}");
    process.stop().await;

    let bench = Bench::on(EngineKind::Sqlite).await;
    let redis = Broker::redis().started().await;
    let things = store(&bench).await;
    let mut channels = options(&redis);
    channels.delivery = Delivery::Channel;
    let process = Process::with(&things, Arc::new(RedisSink::new(channels)));
    publish(&things, bench.tenant, "a", 0..10).await;
    process.done().await;
    let mut connection = connect(&redis).await;
    assert_eq!(redis::cmd("DBSIZE").query_async::<u64>(&mut connection).await.unwrap(), 0);
    redis::cmd("FLUSHALL").query_async::<()>(&mut connection).await.unwrap();
    publish(&things, bench.tenant, "a", 10..11).await;
    process.done().await;
    assert_eq!(process.state().await.here.refills, 0);
    process.stop().await;
}

#[tokio::test]
async fn a_wrong_password_and_a_key_of_another_kind_are_said() {
    let bench = Bench::on(EngineKind::Sqlite).await;
    let redis = Broker::redis().with(&["--requirepass", "right"]).started().await;
    let store = store(&bench).await;
    publish(&store, bench.tenant, "a", 0..1).await;
    let with_password = |password: &str| {
        let url = format!("redis://:{password}@127.0.0.1:{}", redis.port());
        Arc::new(RedisSink::new(RedisOptions::new(&Secret::new(url), "events:").unwrap()))
    };
    let process = Process::with(&store, with_password("wrong-one"));
    eventually("it says what is wrong", async || process.state().await.here.trouble.is_some()).await;
    let trouble = process.state().await.here.trouble.unwrap();
    assert!(trouble.contains("WRONGPASS") || trouble.to_lowercase().contains("password"), "{trouble}");
    assert!(!trouble.contains("wrong-one"), "{trouble}");
    process.stop().await;
    let client = redis::Client::open(format!("redis://:right@127.0.0.1:{}", redis.port())).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("SET").arg(NAME).arg("x").query_async::<()>(&mut connection).await.unwrap();
    let process = Process::with(&store, with_password("right"));
    eventually("it says what is in its way", async || {
        process.state().await.here.trouble.is_some_and(|trouble| trouble.contains("WRONGTYPE"))
    })
    .await;
    assert_eq!(process.state().await.lag, 1);
    redis::cmd("DEL").arg(NAME).query_async::<()>(&mut connection).await.unwrap();
    process.done().await;
    process.stop().await;
}
