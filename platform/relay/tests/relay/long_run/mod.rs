//! Three processes on one PostgreSQL publish, handle and relay to NATS and Redis, and everything that can be killed is: the processes, PostgreSQL,
//! NATS, Redis; the brokers are wiped, too, and clocks jump. Twenty seconds of it, with `BANYAN_LONG_TESTS` five minutes.

mod node;
mod postgres;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use banyan_contracts::CloudEvent;
use banyan_events::Consumers;
use banyan_kernel::{OsRandom, Random as _, SystemClock};
use banyan_testkit::Broker;

use crate::things::{Happened, messages};
use node::{Acknowledged, Node};
use postgres::Postgres;

const NODES: usize = 3;
/// All that was written must have been handled and relayed by then, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);
/// Seconds that a clock jumps, there and back.
const JUMPS: [i64; 4] = [-20, 20, 3, 0];

fn length() -> Duration {
    #[expect(clippy::disallowed_methods, reason = "tests are configured by the environment")]
    let is_long = std::env::var_os("BANYAN_LONG_TESTS").is_some();
    Duration::from_secs(if is_long { 300 } else { 20 })
}

fn die(sides: usize) -> usize {
    let mut byte = [0];
    OsRandom.fill(&mut byte);
    usize::from(byte[0]) % sides
}

struct Theatre {
    postgres: Postgres,
    nats: Broker,
    redis: Broker,
    nodes: Vec<Node>,
    started: usize,
    acknowledged: Acknowledged,
    blows: BTreeMap<&'static str, usize>,
}

impl Theatre {
    async fn open() -> Self {
        let (postgres, nats, redis) = (Postgres::start(), Broker::nats().started().await, Broker::redis().started().await);
        // The tables are made once.
        node::open(&postgres.url(), Arc::new(SystemClock)).await.unwrap();
        let (acknowledged, blows) = (Acknowledged::default(), BTreeMap::new());
        let mut theatre = Self { postgres, nats, redis, nodes: Vec::new(), started: 0, acknowledged, blows };
        for _ in 0..NODES {
            let node = theatre.node();
            theatre.nodes.push(node);
        }
        theatre
    }

    /// Each has keys of its own.
    fn node(&mut self) -> Node {
        self.started += 1;
        let places = [self.postgres.url(), self.nats.url(), self.redis.url()];
        Node::start(&format!("n{}", self.started), &places, &self.acknowledged)
    }

    async fn blow(&mut self) {
        let kind = match die(12) {
            0..=3 => {
                let victim = die(NODES);
                self.nodes[victim].kill();
                self.nodes[victim] = self.node();
                "processes killed"
            }
            4 => {
                self.postgres.crash();
                "crashes of PostgreSQL"
            }
            5 | 6 => {
                self.nats.kill();
                self.nats.run().await;
                "restarts of NATS"
            }
            7 => {
                self.nats.kill();
                self.nats.wipe();
                self.nats.run().await;
                "wipes of NATS"
            }
            8 | 9 => {
                self.redis.kill();
                self.redis.run().await;
                "restarts of Redis"
            }
            10 => {
                self.redis.kill();
                self.redis.wipe();
                self.redis.run().await;
                "wipes of Redis"
            }
            _ => {
                let seconds = JUMPS[die(JUMPS.len())];
                self.nodes[die(NODES)].tell(&format!("jump {seconds}"));
                "jumps of clocks"
            }
        };
        *self.blows.entry(kind).or_default() += 1;
    }
}

async fn is_done(consumers: &Consumers) -> bool {
    let handled = consumers.states().await.unwrap().iter().all(|state| state.lag == 0 && state.waiting == 0);
    handled && consumers.relays().await.unwrap().iter().all(|relay| relay.lag == 0)
}

/// In the order in which a program hears them that passes over what it has heard.
fn without_repetitions(events: Vec<CloudEvent>) -> Vec<(String, i64)> {
    let mut known = BTreeSet::new();
    let new = events.into_iter().filter(|event| known.insert(event.id));
    let named = new.map(|event| event.decode::<Happened>().unwrap()).map(|event| (event.key, event.number));
    let mut named: Vec<(String, i64)> = named.collect();
    named.sort_by(|one, other| one.0.cmp(&other.0));
    named
}

/// Says where they part, of thousands.
fn assert_same(heard: &[(String, i64)], effects: &[(String, i64)], broker: &str) {
    let parted = heard.iter().zip(effects).position(|(heard, effect)| heard != effect);
    let around = |events: &[(String, i64)], at: usize| events[at.saturating_sub(3)..events.len().min(at + 8)].to_vec();
    if let Some(at) = parted {
        panic!("{broker} has {:?} where the effects are {:?}", around(heard, at), around(effects, at));
    }
    assert_eq!(heard.len(), effects.len(), "{broker} has them all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_event_has_its_effect_once_and_reaches_the_brokers() {
    let mut theatre = Theatre::open().await;
    let begun = Instant::now();
    while begun.elapsed() < length() {
        // Not a wait for something: all work for as long as the dice say.
        tokio::time::sleep(Duration::from_millis(200 + 8 * die(250) as u64)).await;
        theatre.blow().await;
    }
    let published_in = begun.elapsed();
    theatre.nodes.iter_mut().for_each(|node| node.tell("jump 0"));
    theatre.nodes.iter_mut().for_each(|node| node.tell("stop"));
    let store = node::open(&theatre.postgres.url(), Arc::new(SystemClock)).await.unwrap();
    let consumers = node::consumers(&store, &theatre.nats.url(), &theatre.redis.url());
    crate::things::eventually_within(PATIENCE, "everything is handled and relayed", async || is_done(&consumers).await).await;
    // What is idle notices a wipe, too.
    theatre.nats.kill();
    theatre.nats.wipe();
    theatre.nats.run().await;
    let effects = node::effects(&store).await;
    crate::things::eventually_within(PATIENCE, "NATS is filled again", async || {
        let client = async_nats::connect(theatre.nats.url()).await.unwrap();
        let stream = async_nats::jetstream::new(client).get_stream(crate::things::STREAM).await;
        stream.is_ok_and(|stream| stream.cached_info().state.messages >= effects.len() as u64) && is_done(&consumers).await
    })
    .await;

    let acknowledged = theatre.acknowledged.lock().clone();
    let once: BTreeSet<&(String, i64)> = effects.iter().collect();
    assert_eq!(once.len(), effects.len(), "an effect came about twice");
    assert!(effects.is_sorted(), "the order of a key was not kept");
    for event in &acknowledged {
        assert!(once.contains(event), "{event:?} was acknowledged and has no effect");
    }
    let by_nats: Vec<CloudEvent> = messages(&theatre.nats).await.into_iter().map(|(_, event)| event).collect();
    let by_redis = crate::redis::entries(&theatre.redis).await;
    let repeated = [by_nats.len() - effects.len(), by_redis.len() - effects.len()];
    assert_same(&without_repetitions(by_nats), &effects, "NATS");
    assert_same(&without_repetitions(by_redis), &effects, "Redis");
    eprintln!(
        "{} s, {} processes: {} events acknowledged, {} effects, each once and in order; NATS and Redis have all of them, {} and {} again; {:?}",
        published_in.as_secs(),
        theatre.started,
        acknowledged.len(),
        effects.len(),
        repeated[0],
        repeated[1],
        theatre.blows
    );
    assert!(acknowledged.len() > 100, "hardly anything was published");
}
