//! The same over a Redis Cluster whose primaries change places, are killed and lose slots.

use std::sync::Arc;

use banyan_cache::{Cache, Company, Key, Reach, RedisRemote, RemoteSettings};
use banyan_kernel::{OsRandom, Secret};
use banyan_testkit::{RedisCluster, eventually};

use crate::redis::{hear_of_changes, share_values_and_their_ends};
use crate::support::{Source, cache, clock, region, steady};
use crate::torture::{Model, node, torture, until_reads, was_kept};

/// Its slot is 1, so that it is among the first that are moved.
const PREFIX: &str = "test2913";
const MOVED_SLOTS: u16 = 4;

fn remote(cluster: &RedisCluster) -> Arc<RedisRemote> {
    let settings = RemoteSettings {
        cluster: cluster.addresses(),
        prefix: PREFIX.to_owned(),
        ..RemoteSettings::new(Secret::new("redis://nowhere".to_owned()))
    };
    Arc::new(RedisRemote::new(&settings, &OsRandom).unwrap())
}

fn over(cluster: &RedisCluster) -> Cache {
    cache(Company::Shared(remote(cluster)), &clock())
}

async fn of_stamps(cluster: &RedisCluster) -> usize {
    cluster.primary_of(&format!("{{{PREFIX}}}:run")).await
}

/// The replica of the stamps' primary takes its place, and nothing is lost.
async fn change_places(cluster: &RedisCluster) {
    let primary = of_stamps(cluster).await;
    eventually("a replica takes the place", async || {
        if let Some(replica) = cluster.replica_of(primary) {
            let _said = cluster.say(replica, &["CLUSTER", "FAILOVER"]);
        }
        of_stamps(cluster).await != primary
    })
    .await;
}

/// What is written from now on is lost with the primary, if it dies soon: a replica that is stunned does not come back for it.
async fn lose_the_replica(cluster: &RedisCluster, primary: usize) {
    cluster.stun(cluster.replica_of(primary).unwrap()).await;
    cluster.say(primary, &["CLIENT", "KILL", "TYPE", "replica"]).unwrap();
}

/// The stamps' primary dies at once, with changes that were answered and that its replica has not. It comes back as a replica when another one
/// has its place.
async fn kill_primary(cluster: &mut RedisCluster, model: &Model) {
    let primary = of_stamps(cluster).await;
    lose_the_replica(cluster, primary).await;
    until_reads(model, 100).await;
    cluster.kill(primary);
    eventually("a replica takes the place", async || of_stamps(cluster).await != primary).await;
    until_reads(model, 200).await;
    cluster.run(primary).await;
    cluster.settled().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_share_values_and_their_ends() {
    let cluster = RedisCluster::started().await;
    share_values_and_their_ends([over(&cluster), over(&cluster)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_lie_on_all_primaries_and_stamps_on_one() {
    let cluster = RedisCluster::started().await;
    let (words, source) = (region(&over(&cluster), steady()), Source::default());
    for number in 0..100 {
        source.word(&words, &Key::of_installation(number.to_string())).await;
    }
    let stamps = of_stamps(&cluster).await;
    for number in 0..3 {
        let of = |pattern: &str| cluster.say(number, &["--scan", "--pattern", pattern]).unwrap().lines().count();
        assert!(of(&format!("{PREFIX}:v:*")) > 10, "primary {number} has no share of the values");
        assert_eq!(of(&format!("{{{PREFIX}}}:s:*")) > 0, number == stamps, "primary {number}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_are_heard_and_missed_ones_are_made_up_for() {
    let cluster = RedisCluster::started().await;
    hear_of_changes([over(&cluster), over(&cluster)], 12, async |round| {
        let primary = of_stamps(&cluster).await;
        match round % 4 {
            1 => drop(cluster.say(primary, &["CLIENT", "KILL", "TYPE", "pubsub"]).unwrap()),
            2 => change_places(&cluster).await,
            3 => drop(cluster.say(primary, &["FLUSHALL"]).unwrap()),
            _ => {}
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_died_with_its_primary_brings_nothing_back() {
    let mut cluster = RedisCluster::started().await;
    let nodes = [(); 2].map(|()| node(remote(&cluster)));
    let words = [region(&nodes[0], steady()), region(&nodes[1], steady())];
    let (source, key) = (Source::default(), Key::of_installation("one").tagged("t"));
    let kept = async || {
        let mut word = String::new();
        eventually("a word is kept", async || {
            word = source.word(&words[0], &key).await;
            source.word(&words[0], &key).await == word
        })
        .await;
        word
    };
    let before = kept().await;
    cluster.settled().await;
    let primary = of_stamps(&cluster).await;
    lose_the_replica(&cluster, primary).await;
    assert_eq!(nodes[1].invalidate(key.realm(), &["t"]).await, Reach::Everywhere);
    cluster.kill(primary);
    assert_ne!(source.word(&words[0], &key).await, before, "nobody asserts it");
    eventually("a replica takes the place", async || of_stamps(&cluster).await != primary).await;
    assert_ne!(kept().await, before);
    assert_ne!(source.word(&words[1], &key).await, before);
    cluster.run(primary).await;
    cluster.settled().await;
    assert_eq!(nodes[1].invalidate(key.realm(), &["t"]).await, Reach::Everywhere);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_older_than_an_acknowledged_change_while_primaries_change_places_die_and_lose_slots() {
    let mut cluster = RedisCluster::started().await;
    let nodes = [(); 2].map(|()| node(remote(&cluster)));
    let model = torture(nodes, async |model| {
        for round in 0..4 {
            until_reads(model, 300).await;
            match round % 3 {
                0 => kill_primary(&mut cluster, model).await,
                1 => {
                    let primary = of_stamps(&cluster).await;
                    cluster.move_slots(MOVED_SLOTS, primary, cluster.other_primary(primary)).await;
                }
                _ => change_places(&cluster).await,
            }
        }
        until_reads(model, 300).await;
    })
    .await;
    was_kept(&model);
}
