//! How fast the cache is, for `cargo xtask bench cache`. Prints one JSON object; times are nanoseconds.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::cast_precision_loss, reason = "a measurement")]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use banyan_cache::{Cache, Company, Freshness, Key, Options, Realm, RedisRemote, Region, RemoteSettings, Settings};
use banyan_kernel::{Caller, OsRandom, RequestId, Role, Roles, Secret, SystemClock, Uuid};
use clap::Parser;
use serde::{Deserialize, Serialize};

/// Keys of the mixed load.
const KEYS: u64 = 1_000;
/// Keys of the hit ratio, of which a quarter fits.
const ZIPF_KEYS: usize = 100_000;

#[derive(Parser)]
struct Arguments {
    /// `redis://…`
    redis: String,
    /// Questions of each measurement.
    #[arg(long, default_value_t = 1_000_000)]
    operations: u64,
    /// Who ask at the same time in the mixed load.
    #[arg(long, default_value_t = 64)]
    at_once: u64,
}

/// Some 300 bytes of JSON.
#[derive(Clone, Serialize, Deserialize)]
struct Value {
    id: u64,
    title: String,
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    /// A hit in memory of a process that is alone, with the caller's key made for it.
    memory_hit: f64,
    /// The same of a bare `quick_cache`.
    bare_hit: f64,
    /// A hit in memory that Redis asserts, one after the other.
    asserted_hit: f64,
    /// A hit in Redis, one after the other.
    redis_hit: f64,
    mixed: Vec<Mixed>,
    /// Of questions that follow Zipf's law with exponent 1 over 100,000 keys, a quarter of them kept.
    zipf_hit_ratio: f64,
}

/// Nine reads to one invalidation, on two caches over one Redis.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Mixed {
    name: &'static str,
    per_second: f64,
    /// Of the reads.
    hit_ratio: f64,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments = Arguments::parse();
    let operations = arguments.operations;
    let figures = Figures {
        memory_hit: memory_hit(operations).await,
        bare_hit: bare_hit(operations),
        asserted_hit: asserted_hit(&arguments.redis, operations / 50).await,
        redis_hit: redis_hit(&arguments.redis, operations / 50).await,
        mixed: vec![
            mixed("own writes", &arguments, Some(Freshness::OwnWrites)).await,
            mixed("soon", &arguments, Some(Freshness::Soon)).await,
            mixed("alone", &arguments, None).await,
            bare_mixed(&arguments).await,
        ],
        zipf_hit_ratio: zipf(operations).await,
    };
    println!("{}", serde_json::to_string(&figures).unwrap());
}

fn value(id: u64) -> Value {
    Value { id, title: format!("Goal {id}"), text: "a little further, every day ".repeat(9) }
}

fn settings(entries: u64) -> Settings {
    let patient = Duration::from_secs(5);
    Settings { entries, memory_bytes: entries * 4_096, deadline: patient, change_deadline: patient }
}

fn alone(entries: u64) -> Cache {
    Cache::new(&settings(entries), Company::Alone, Arc::new(SystemClock), &OsRandom)
}

fn shared(url: &str, entries: u64) -> Cache {
    let remote = RedisRemote::new(&RemoteSettings::new(Secret::new(url.to_owned())), &OsRandom).unwrap();
    Cache::new(&settings(entries), Company::Shared(Arc::new(remote)), Arc::new(SystemClock), &OsRandom)
}

fn region(cache: &Cache, freshness: Freshness) -> Region<Value> {
    cache.region("bench.values", 1, Options { freshness, ..Options::default() })
}

async fn ask(region: &Region<Value>, key: &Key, id: u64) -> Arc<Value> {
    region.get_or(key, move || async move { Ok::<_, Infallible>(value(id)) }).await.unwrap()
}

fn caller() -> Caller {
    Caller::user(Uuid::from_u128(1), Uuid::from_u128(2), Roles::from_iter([Role::User]), RequestId(Uuid::nil()))
}

fn key(caller: &Caller, id: u64) -> Key {
    Key::of_caller(caller, id.to_string()).tagged("rows").tagged(format!("row{id}"))
}

fn each(begun: Instant, operations: u64) -> f64 {
    begun.elapsed().as_nanos() as f64 / operations as f64
}

async fn memory_hit(operations: u64) -> f64 {
    let (values, caller) = (region(&alone(10_000), Freshness::OwnWrites), caller());
    ask(&values, &key(&caller, 1), 1).await;
    let begun = Instant::now();
    for _ in 0..operations {
        std::hint::black_box(ask(&values, &key(&caller, 1), 1).await);
    }
    each(begun, operations)
}

fn bare_hit(operations: u64) -> f64 {
    let cache: quick_cache::sync::Cache<String, Arc<Value>> = quick_cache::sync::Cache::new(10_000);
    cache.insert("1".to_owned(), Arc::new(value(1)));
    let begun = Instant::now();
    for _ in 0..operations {
        std::hint::black_box(cache.get("1"));
    }
    each(begun, operations)
}

async fn asserted_hit(url: &str, operations: u64) -> f64 {
    let (values, caller) = (region(&shared(url, 10_000), Freshness::OwnWrites), caller());
    ask(&values, &key(&caller, 1), 1).await;
    let begun = Instant::now();
    for _ in 0..operations {
        std::hint::black_box(ask(&values, &key(&caller, 1), 1).await);
    }
    each(begun, operations)
}

/// Each key is asked of a second node once, which has none of them in memory.
async fn redis_hit(url: &str, operations: u64) -> f64 {
    let (writer, reader, caller) = (shared(url, 10_000), shared(url, 10_000), caller());
    let (written, read) = (region(&writer, Freshness::OwnWrites), region(&reader, Freshness::OwnWrites));
    for id in 0..operations {
        ask(&written, &key(&caller, id), id).await;
    }
    let begun = Instant::now();
    for id in 0..operations {
        std::hint::black_box(ask(&read, &key(&caller, id), id).await);
    }
    each(begun, operations)
}

/// A small generator (xorshift), the same sequence in each run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

async fn mixed(name: &'static str, arguments: &Arguments, shared_with: Option<Freshness>) -> Mixed {
    let entries = KEYS * 2;
    let nodes = match shared_with {
        Some(_) => vec![shared(&arguments.redis, entries), shared(&arguments.redis, entries)],
        None => vec![alone(entries)],
    };
    let listening: Vec<_> = nodes.iter().map(|node| tokio::spawn(node.clone().listen())).collect();
    // Until they hear.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (loads, share) = (Arc::new(AtomicU64::new(0)), arguments.operations / 4 / arguments.at_once);
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for number in 0..arguments.at_once {
        let node = nodes[usize::try_from(number).unwrap() % nodes.len()].clone();
        let (loads, values) = (loads.clone(), region(&node, shared_with.unwrap_or_default()));
        tasks.push(tokio::spawn(async move {
            let (caller, mut dice) = (caller(), Dice(number + 1));
            for _ in 0..share {
                let id = dice.next() % KEYS;
                if dice.next().is_multiple_of(10) {
                    let _reach = node.invalidate(Realm::Tenant(caller.tenant), &[&format!("row{id}")]).await;
                    continue;
                }
                let loads = loads.clone();
                let load = move || async move {
                    loads.fetch_add(1, Ordering::Relaxed);
                    Ok::<_, Infallible>(value(id))
                };
                std::hint::black_box(values.get_or(&key(&caller, id), load).await.unwrap());
                // Hits in memory never wait: others have their turn.
                tokio::task::consume_budget().await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let (took, asked) = (begun.elapsed().as_secs_f64(), (share * arguments.at_once) as f64);
    listening.iter().for_each(tokio::task::JoinHandle::abort);
    Mixed { name, per_second: asked / took, hit_ratio: 1.0 - loads.load(Ordering::Relaxed) as f64 / (asked * 0.9) }
}

/// The same by hand: nothing shared, no stamps, no tags.
async fn bare_mixed(arguments: &Arguments) -> Mixed {
    let cache: Arc<quick_cache::sync::Cache<String, Arc<Value>>> = Arc::new(quick_cache::sync::Cache::new(2_000));
    let (loads, share) = (Arc::new(AtomicU64::new(0)), arguments.operations / 4 / arguments.at_once);
    let begun = Instant::now();
    let tasks: Vec<_> = (0..arguments.at_once)
        .map(|number| {
            let (cache, loads) = (cache.clone(), loads.clone());
            tokio::spawn(async move {
                let mut dice = Dice(number + 1);
                for _ in 0..share {
                    let id = dice.next() % KEYS;
                    if dice.next().is_multiple_of(10) {
                        cache.remove(&id.to_string());
                        continue;
                    }
                    let load = || {
                        loads.fetch_add(1, Ordering::Relaxed);
                        Ok::<_, Infallible>(Arc::new(value(id)))
                    };
                    std::hint::black_box(cache.get_or_insert_with(&id.to_string(), load).unwrap());
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let (took, asked) = (begun.elapsed().as_secs_f64(), (share * arguments.at_once) as f64);
    Mixed {
        name: "bare quick_cache",
        per_second: asked / took,
        hit_ratio: 1.0 - loads.load(Ordering::Relaxed) as f64 / (asked * 0.9),
    }
}

async fn zipf(operations: u64) -> f64 {
    let entries = (ZIPF_KEYS / 4) as u64;
    let (values, loads) = (region(&alone(entries), Freshness::OwnWrites), Arc::new(AtomicU64::new(0)));
    // The share of all keys up to each one.
    let mut reach: Vec<f64> = Vec::with_capacity(ZIPF_KEYS);
    for rank in 1..=ZIPF_KEYS {
        reach.push(reach.last().copied().unwrap_or(0.0) + 1.0 / rank as f64);
    }
    let whole = reach[ZIPF_KEYS - 1];
    let mut dice = Dice(7);
    let mut question = async |counts: bool| {
        let place = (dice.next() >> 11) as f64 / (1_u64 << 53) as f64 * whole;
        let id = reach.partition_point(|upto| *upto < place) as u64;
        let loads = loads.clone();
        let load = move || async move {
            loads.fetch_add(u64::from(counts), Ordering::Relaxed);
            Ok::<_, Infallible>(value(id))
        };
        values.get_or(&Key::of_installation(id.to_string()), load).await.unwrap();
    };
    // Until it is full and has seen what is asked for.
    for _ in 0..operations / 2 {
        question(false).await;
    }
    for _ in 0..operations / 2 {
        question(true).await;
    }
    1.0 - loads.load(Ordering::Relaxed) as f64 / (operations / 2) as f64
}
