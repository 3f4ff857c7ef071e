//! Two nodes over one Redis whose connections are cut and which is killed: no answer is older than a change that was acknowledged before the
//! question.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use banyan_cache::{Cache, Company, Key, MemoryRemote, Options, Reach, Realm, Region, Remote};
use banyan_kernel::{OsRandom, Random as _, SystemClock};
use banyan_testkit::Broker;

use crate::support::Away;

const KEYS: usize = 8;

/// The database: what is written, and what of it was acknowledged.
#[derive(Default)]
pub(crate) struct Model {
    written: [AtomicU64; KEYS],
    acknowledged: [AtomicU64; KEYS],
    ended: AtomicBool,
    reads: AtomicU64,
    kept: AtomicU64,
}

fn chance(of: u64) -> u64 {
    let mut bytes = [0; 8];
    OsRandom.fill(&mut bytes);
    u64::from_le_bytes(bytes) % of
}

pub(crate) fn node(remote: Arc<dyn Remote>) -> Cache {
    Cache::new(&banyan_cache::Settings::default(), Company::Shared(remote), Arc::new(SystemClock), &OsRandom)
}

fn key(number: usize) -> Key {
    Key::of_installation(number.to_string()).tagged(format!("row{number}")).tagged("rows")
}

async fn read(model: &Arc<Model>, words: &Region<u64>) {
    let number = chance(KEYS as u64) as usize;
    let least = model.acknowledged[number].load(Ordering::SeqCst);
    let source = model.clone();
    let loaded = Arc::new(AtomicBool::new(false));
    let noted = loaded.clone();
    let load = move || async move {
        noted.store(true, Ordering::SeqCst);
        let value = source.written[number].load(Ordering::SeqCst);
        // Long enough for a change in between.
        tokio::time::sleep(Duration::from_micros(chance(3_000))).await;
        Ok::<_, Away>(value)
    };
    let found = *words.get_or(&key(number), load).await.unwrap();
    assert!(found >= least, "key {number}: {found} was answered after {least} was acknowledged");
    model.reads.fetch_add(1, Ordering::Relaxed);
    model.kept.fetch_add(u64::from(!loaded.load(Ordering::SeqCst)), Ordering::Relaxed);
}

/// A change counts as acknowledged when everybody was told.
async fn write(model: &Arc<Model>, words: &Region<u64>) {
    let number = chance(KEYS as u64) as usize;
    let value = model.written[number].fetch_add(1, Ordering::SeqCst) + 1;
    let reach = match chance(5) {
        0 => words.remove(&key(number)).await,
        1 => words.remove_matching(Realm::Installation, &number.to_string()).await,
        2 => words.cache().invalidate(Realm::Installation, &["rows"]).await,
        _ => words.cache().invalidate(Realm::Installation, &[&format!("row{number}")]).await,
    };
    if reach == Reach::Everywhere {
        model.acknowledged[number].fetch_max(value, Ordering::SeqCst);
    }
}

async fn work(model: Arc<Model>, words: Region<u64>) {
    while !model.ended.load(Ordering::SeqCst) {
        if chance(10) == 0 {
            write(&model, &words).await;
        } else {
            read(&model, &words).await;
        }
        tokio::task::yield_now().await;
    }
}

/// Works on both nodes while `disturb` does.
pub(crate) async fn torture(nodes: [Cache; 2], disturb: impl AsyncFnOnce(&Model)) -> Arc<Model> {
    let model = Arc::new(Model::default());
    let options = Options { ttl: Duration::from_millis(300), wait_for_others: Duration::from_millis(20), ..Options::default() };
    let (mut tasks, mut listeners) = (Vec::new(), Vec::new());
    for node in &nodes {
        listeners.push(tokio::spawn(node.clone().listen()));
        for _ in 0..4 {
            tasks.push(tokio::spawn(work(model.clone(), node.region("test.rows", 1, options))));
        }
    }
    disturb(&model).await;
    model.ended.store(true, Ordering::SeqCst);
    for task in tasks {
        task.await.unwrap();
    }
    listeners.iter().for_each(tokio::task::JoinHandle::abort);
    model
}

pub(crate) fn was_kept(model: &Model) {
    assert!(model.kept.load(Ordering::Relaxed) > 0, "nothing was ever kept of {:?} reads", model.reads);
}

pub(crate) async fn until_reads(model: &Model, reads: u64) {
    let target = model.reads.load(Ordering::Relaxed) + reads;
    for _ in 0..3_000 {
        if model.reads.load(Ordering::Relaxed) >= target {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody reads any longer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_older_than_an_acknowledged_change_while_redis_is_cut_and_killed() {
    let mut broker = Broker::redis().started().await;
    let nodes = [(); 2].map(|()| node(Arc::new(crate::redis::remote(&broker))));
    let model = torture(nodes, async |model| {
        for round in 0..12 {
            until_reads(model, 300).await;
            match round % 4 {
                0 => crate::redis::say(&broker, &["CLIENT", "KILL", "TYPE", "normal"]).await,
                1 => crate::redis::say(&broker, &["CLIENT", "KILL", "TYPE", "pubsub"]).await,
                2 => crate::redis::say(&broker, &["FLUSHALL"]).await,
                _ => {
                    broker.kill();
                    until_reads(model, 100).await;
                    broker.run().await;
                }
            }
        }
    })
    .await;
    was_kept(&model);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_older_than_an_acknowledged_change_while_nodes_are_cut_off() {
    let first = MemoryRemote::default();
    let remotes = [Arc::new(first.clone()), Arc::new(first)];
    let nodes = [0, 1].map(|number: usize| node(remotes[number].clone()));
    let model = torture(nodes, async |model| {
        for round in 0..20 {
            until_reads(model, 300).await;
            match round % 4 {
                0 => remotes[round / 4 % 2].cut(),
                2 => remotes[0].forget_everything(),
                _ => remotes.iter().for_each(|remote| remote.mend()),
            }
        }
    })
    .await;
    was_kept(&model);
}
