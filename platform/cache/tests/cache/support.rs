//! Caches with a clock that the test moves, and loads that are counted.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use banyan_cache::{Cache, Company, Failed, Key, MemoryRemote, Options, Region, Remote, Settings};
use banyan_kernel::{OsRandom, TestClock, Timestamp};

/// A load's own error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the source is away")]
pub(crate) struct Away;

pub(crate) type Given = Result<Arc<String>, Failed<Away>>;

pub(crate) fn clock() -> TestClock {
    TestClock::at(Timestamp::from_seconds(1_700_000_000))
}

pub(crate) fn cache(company: Company, clock: &TestClock) -> Cache {
    // A machine that is busy with other tests is slow, not wrong.
    let settings =
        Settings { deadline: Duration::from_secs(20), change_deadline: Duration::from_secs(20), ..Settings::default() };
    Cache::new(&settings, company, Arc::new(clock.clone()), &OsRandom)
}

pub(crate) fn alone(clock: &TestClock) -> Cache {
    cache(Company::Alone, clock)
}

pub(crate) fn over(remote: &Arc<MemoryRemote>, clock: &TestClock) -> Cache {
    cache(Company::Shared(remote.clone() as Arc<dyn Remote>), clock)
}

/// Without chance.
pub(crate) fn steady() -> Options {
    Options { jitter: 0.0, eager: 1.0, ..Options::default() }
}

pub(crate) fn region(cache: &Cache, options: Options) -> Region<String> {
    cache.region("test.words", 1, options)
}

pub(crate) fn key() -> Key {
    Key::of_installation("one")
}

/// Counts loads; each gives its number.
#[derive(Clone, Default)]
pub(crate) struct Source(Arc<AtomicU64>);

impl Source {
    pub(crate) fn loads(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn next(&self) -> String {
        (self.0.fetch_add(1, Ordering::SeqCst) + 1).to_string()
    }

    pub(crate) async fn ask(&self, region: &Region<String>, key: &Key) -> Given {
        let source = self.clone();
        region.get_or(key, move || async move { Ok(source.next()) }).await
    }

    pub(crate) async fn word(&self, region: &Region<String>, key: &Key) -> String {
        self.ask(region, key).await.unwrap().to_string()
    }

    /// After `gate`.
    pub(crate) async fn after<F>(&self, region: &Region<String>, key: &Key, gate: F) -> Given
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let source = self.clone();
        let load = move || async move {
            let word = source.next();
            gate.await;
            Ok(word)
        };
        region.get_or(key, load).await
    }
}

pub(crate) async fn failing(region: &Region<String>, key: &Key) -> Given {
    region.get_or(key, || async { Err(Away) }).await
}

/// Until another task has done its part.
pub(crate) async fn until(what: impl Fn() -> bool) {
    for _ in 0..3_000 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen in time");
}
