//! The same over a real Redis, which is killed and emptied.

use std::sync::Arc;
use std::time::Duration;

use banyan_cache::{Cache, Company, Freshness, Options, Reach, RedisRemote, Region, RemoteSettings};
use banyan_kernel::{OsRandom, Secret, TestClock};
use banyan_testkit::Broker;

use crate::support::{Source, cache, clock, key, region, steady};

pub(crate) fn remote(broker: &Broker) -> RedisRemote {
    RedisRemote::new(&RemoteSettings::new(Secret::new(broker.url())), &OsRandom).unwrap()
}

fn node(broker: &Broker, clock: &TestClock) -> Cache {
    cache(Company::Shared(Arc::new(remote(broker))), clock)
}

/// Until it is done: one that was just started may still be reading its file.
pub(crate) async fn say(broker: &Broker, words: &[&str]) {
    let client = redis::Client::open(broker.url()).unwrap();
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    for _ in 0..1_000 {
        if let Ok(mut connection) = client.get_multiplexed_async_connection().await
            && command.query_async::<redis::Value>(&mut connection).await.is_ok()
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("Redis does not do it");
}

fn words(nodes: &[Cache; 2], options: Options) -> [Region<String>; 2] {
    [region(&nodes[0], options), region(&nodes[1], options)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_share_values_and_their_ends() {
    let (broker, clock) = (Broker::redis().started().await, clock());
    share_values_and_their_ends([node(&broker, &clock), node(&broker, &clock)]).await;
}

pub(crate) async fn share_values_and_their_ends(nodes: [Cache; 2]) {
    let (words, source, tagged) = (words(&nodes, steady()), Source::default(), key().tagged("t"));
    assert_eq!(source.word(&words[0], &tagged).await, "1");
    assert_eq!(source.word(&words[1], &tagged).await, "1");
    assert_eq!(nodes[1].invalidate(tagged.realm(), &["t"]).await, Reach::Everywhere);
    assert_eq!(source.word(&words[0], &tagged).await, "2");
    assert_eq!(source.word(&words[1], &tagged).await, "2");
    let _reach = words[0].remove_matching(tagged.realm(), "x*").await;
    assert_eq!(source.word(&words[1], &tagged).await, "2");
    let _reach = words[0].remove_matching(tagged.realm(), "o?e").await;
    assert_eq!(source.word(&words[1], &tagged).await, "3");
    let _reach = words[0].remove(&tagged).await;
    assert_eq!(source.word(&words[1], &tagged).await, "4");
    let _reach = nodes[0].clear().await;
    assert_eq!(source.word(&words[1], &tagged).await, "5");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_was_killed_and_started_again_ends_everything() {
    let (mut broker, clock) = (Broker::redis().started().await, clock());
    let nodes = [node(&broker, &clock), node(&broker, &clock)];
    let (words, source) = (words(&nodes, steady()), Source::default());
    assert_eq!(source.word(&words[0], &key()).await, "1");
    broker.kill();
    assert_eq!(source.word(&words[0], &key()).await, "2");
    assert_eq!(nodes[1].invalidate(key().realm(), &["t"]).await, Reach::HereOnly);
    broker.run().await;
    clock.advance_seconds(5);
    // Its file has the values and stamps of before, and what was answered meanwhile may not be in it.
    let word = loop {
        let word = source.word(&words[0], &key()).await;
        if source.word(&words[0], &key()).await == word {
            break word;
        }
        clock.advance_seconds(2);
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_ne!(word, "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_are_heard_and_missed_ones_are_made_up_for() {
    let (broker, clock) = (Broker::redis().started().await, clock());
    let nodes = [node(&broker, &clock), node(&broker, &clock)];
    hear_of_changes(nodes, 20, async |round| match round % 4 {
        1 => say(&broker, &["CLIENT", "KILL", "TYPE", "pubsub"]).await,
        3 => say(&broker, &["FLUSHALL"]).await,
        _ => {}
    })
    .await;
}

/// In each round something is done to Redis, and a change is heard nevertheless.
pub(crate) async fn hear_of_changes(nodes: [Cache; 2], rounds: u32, mut disturb: impl AsyncFnMut(u32)) {
    let options = Options { freshness: Freshness::Soon, ..steady() };
    let (words, source, tagged) = (words(&nodes, options), Source::default(), key().tagged("t"));
    let hearing = tokio::spawn(nodes[0].clone().listen());
    for round in 0..rounds {
        let before = source.word(&words[0], &tagged).await;
        disturb(round).await;
        assert_eq!(nodes[1].invalidate(tagged.realm(), &["t"]).await, Reach::Everywhere);
        let mut tries = 0;
        while source.word(&words[0], &tagged).await == before {
            tries += 1;
            assert!(tries < 3_000, "round {round}: the change was never heard");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    hearing.abort();
}
