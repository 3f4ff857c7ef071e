//! Deadlines for everything that is asked of the shared part, and a breaker: who failed too often is left alone for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use banyan_kernel::{Clock, Timestamp};
use tokio::time::{sleep, timeout};

use super::{Change, Ear, Looked, PatternChange, Remote, RemoteError};
use crate::options::micros;

/// So many failures in a row open the breaker.
const MOST_FAILURES: u32 = 5;
/// How long it stays open; then one may try.
const LEFT_ALONE: Duration = Duration::from_secs(1);
/// How long it waits before it listens anew, or looks again whether something is owed.
const PAUSE: Duration = Duration::from_millis(250);

/// A [`Remote`] with deadlines and a breaker.
#[derive(Debug)]
pub struct Guarded {
    remote: Arc<dyn Remote>,
    clock: Arc<dyn Clock>,
    deadline: Duration,
    change_deadline: Duration,
    failures: AtomicU32,
    /// Microseconds since the epoch.
    left_alone_until: AtomicI64,
    errors: AtomicU64,
}

impl Guarded {
    pub(crate) fn new(remote: Arc<dyn Remote>, clock: Arc<dyn Clock>, deadline: Duration, change_deadline: Duration) -> Self {
        Self {
            remote,
            clock,
            deadline,
            change_deadline,
            failures: AtomicU32::new(0),
            left_alone_until: AtomicI64::new(i64::MIN),
            errors: AtomicU64::new(0),
        }
    }

    pub(crate) async fn look(&self, value: Option<&[u8]>, stamps: &[&[u8]]) -> Result<Looked, RemoteError> {
        let looked = self.ask(self.deadline, self.remote.look(value, stamps)).await?;
        if looked.stamps.len() == stamps.len() { Ok(looked) } else { Err(wrong_number()) }
    }

    pub(crate) async fn ensure(&self, stamps: &[&[u8]], fresh: u64) -> Result<Vec<u64>, RemoteError> {
        let ensured = self.ask(self.deadline, self.remote.ensure(stamps, fresh)).await?;
        if ensured.len() == stamps.len() { Ok(ensured) } else { Err(wrong_number()) }
    }

    pub(crate) async fn put(&self, value: &[u8], bytes: Vec<u8>, ttl: Duration) -> Result<(), RemoteError> {
        self.ask(self.deadline, self.remote.put(value, bytes, ttl)).await
    }

    pub(crate) async fn lock(&self, value: &[u8], token: u64, lease: Duration) -> Result<bool, RemoteError> {
        self.ask(self.deadline, self.remote.lock(value, token, lease)).await
    }

    pub(crate) async fn unlock(&self, value: &[u8], token: u64) -> Result<(), RemoteError> {
        self.ask(self.deadline, self.remote.unlock(value, token)).await
    }

    pub(crate) async fn change(&self, change: &Change) -> Result<(), RemoteError> {
        self.ask(self.change_deadline, self.remote.change(change)).await
    }

    pub(crate) async fn patterns(&self, region: &str) -> Result<Vec<PatternChange>, RemoteError> {
        self.ask(self.deadline, self.remote.patterns(region)).await
    }

    /// Tells of changes, by an ear of its own each time that it begins anew, and lets what is owed be settled now and then. Never ends.
    pub(crate) async fn attend<E: Ear, S: Future<Output = bool>>(&self, ear: impl Fn() -> E, settle: impl Fn() -> S) {
        let hearing = async {
            loop {
                let ear = ear();
                let error = self.remote.listen(&ear).await;
                drop(ear);
                tracing::debug!(%error, "changes of others are not heard");
                sleep(PAUSE).await;
            }
        };
        let settling = async {
            loop {
                sleep(PAUSE).await;
                let _square = settle().await;
            }
        };
        tokio::join!(hearing, settling);
    }

    pub(crate) fn errors(&self) -> u64 {
        self.errors.load(Ordering::Relaxed)
    }

    async fn ask<T>(&self, deadline: Duration, asking: impl Future<Output = Result<T, RemoteError>>) -> Result<T, RemoteError> {
        self.admit()?;
        let answer = timeout(deadline, asking).await.unwrap_or(Err(RemoteError::TooSlow));
        match &answer {
            Ok(_) => self.failures.store(0, Ordering::Relaxed),
            Err(error) => self.failed(error),
        }
        answer
    }

    /// While it is open, one caller after each pause is let through.
    fn admit(&self) -> Result<(), RemoteError> {
        if self.failures.load(Ordering::Relaxed) < MOST_FAILURES {
            return Ok(());
        }
        let now = self.now();
        let until = self.left_alone_until.load(Ordering::Relaxed);
        let next = now.saturating_add(micros(LEFT_ALONE));
        let is_first =
            now >= until && self.left_alone_until.compare_exchange(until, next, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_first { Ok(()) } else { Err(RemoteError::LeftAlone) }
    }

    fn failed(&self, error: &RemoteError) {
        self.errors.fetch_add(1, Ordering::Relaxed);
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if failures == MOST_FAILURES {
            tracing::warn!(%error, "the shared cache does not answer and is left alone for a while");
        }
        if failures >= MOST_FAILURES {
            self.left_alone_until.store(self.now().saturating_add(micros(LEFT_ALONE)), Ordering::Relaxed);
        }
    }

    fn now(&self) -> i64 {
        Timestamp::micros(self.clock.now())
    }
}

fn wrong_number() -> RemoteError {
    RemoteError::Failed("an answer with another number of stamps".to_owned())
}
