//! Counting together with other nodes: what a shared counter must do, and when it is not asked.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use banyan_kernel::Timestamp;

use super::cells::Verdict;
use super::quota::Quota;

/// A cell that all nodes share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SharedCell {
    pub(crate) key: String,
    pub(crate) quota: Quota,
}

/// What the shared counter says of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SharedAnswer {
    /// Whether all cells had room; then all have counted it, else none.
    pub(crate) verdict: Verdict,
    /// The counter's own time, in microseconds: the nodes' clocks may differ.
    pub(crate) now: i64,
    /// When each cell would be empty, in the counter's time.
    pub(crate) empty_at: Vec<i64>,
}

/// The shared counter cannot be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SharedError {
    #[error("the shared counter did not answer in time")]
    TooSlow,
    #[error("the shared counter failed: {0}")]
    Failed(String),
}

/// Counts for many nodes, in one round trip.
#[async_trait]
pub(crate) trait SharedCounts: Send + Sync {
    /// Counts one request in all cells, or in none.
    ///
    /// # Errors
    /// When the counter cannot be asked. Whether it has counted is not known then.
    async fn take(&self, cells: &[SharedCell]) -> Result<SharedAnswer, SharedError>;

    /// Gives a subject its whole quota again.
    ///
    /// # Errors
    /// When the counter cannot be asked.
    async fn forget(&self, key: &str) -> Result<(), SharedError>;
}

/// A counter that failed so often in a row is left alone for a while.
const FAILURES: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Keeps requests from waiting for a counter that is gone. While it is open one request at a time tries whether the counter is
/// back; all others count alone at once.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: AtomicU32,
    /// Microseconds.
    closed_from: AtomicI64,
}

impl Breaker {
    /// Whether this request may ask.
    pub(crate) fn lets_through(&self, now: i64) -> bool {
        let failures = self.failures.load(Ordering::Acquire);
        if failures < FAILURES {
            return true;
        }
        let from = self.closed_from.load(Ordering::Acquire);
        if now < from {
            return false;
        }
        let next = now + pause(failures);
        self.closed_from.compare_exchange(from, next, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// True if it was open until now.
    pub(crate) fn succeeded(&self) -> bool {
        self.failures.load(Ordering::Relaxed) != 0 && self.failures.swap(0, Ordering::AcqRel) >= FAILURES
    }

    /// True if it opens with this failure.
    pub(crate) fn failed(&self, now: i64) -> bool {
        let failures = self.failures.fetch_add(1, Ordering::AcqRel).saturating_add(1);
        if failures >= FAILURES {
            self.closed_from.store(now + pause(failures), Ordering::Release);
        }
        failures == FAILURES
    }
}

/// Doubles with each failure. Microseconds.
fn pause(failures: u32) -> i64 {
    let doubled = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(FAILURES).min(10));
    i64::try_from(doubled.min(LONGEST_PAUSE).as_micros()).unwrap_or(Timestamp::MICROS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = Timestamp::MICROS_PER_SECOND;

    #[test]
    fn a_dead_counter_is_asked_by_one_request_at_a_time_and_ever_less_often() {
        let breaker = Breaker::default();
        assert!(!breaker.failed(0) && !breaker.failed(0) && breaker.lets_through(0));
        assert!(breaker.failed(0));
        assert!(!breaker.lets_through(SECOND / 4));
        let tries = (0..8).filter(|_| breaker.lets_through(SECOND)).count();
        assert_eq!(tries, 1);
        breaker.failed(SECOND);
        assert!(!breaker.lets_through(SECOND * 3 / 2) && breaker.lets_through(2 * SECOND));
        assert!(breaker.succeeded());
        assert!(breaker.lets_through(2 * SECOND) && !breaker.succeeded());
    }

    #[test]
    fn the_pause_has_an_end() {
        let breaker = Breaker::default();
        for _ in 0..100 {
            breaker.failed(0);
        }
        assert!(!breaker.lets_through(9 * SECOND) && breaker.lets_through(10 * SECOND));
    }
}
