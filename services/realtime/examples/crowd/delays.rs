//! Times in buckets of 2 % width: the same few kilobytes however many there are.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

const WIDTH: f64 = 1.02;
/// Up to some 10 minutes.
const BUCKETS: usize = 1_024;

pub(crate) struct Delays {
    buckets: Box<[AtomicU64]>,
    /// Connections that ended by themselves.
    pub(crate) lost: AtomicU64,
}

impl Delays {
    pub(crate) fn new() -> Self {
        Self { buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(), lost: AtomicU64::new(0) }
    }

    /// Microseconds of the clock that all processes share.
    #[expect(clippy::disallowed_methods, reason = "nothing is decided by it")]
    pub(crate) fn now() -> u64 {
        u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
    }

    pub(crate) fn buckets(&self) -> Vec<u64> {
        self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect()
    }

    /// What another has heard.
    pub(crate) fn add(&self, buckets: &[u64]) {
        for (mine, more) in self.buckets.iter().zip(buckets) {
            mine.fetch_add(*more, Ordering::Relaxed);
        }
    }

    /// Something that was sent at `then` is heard.
    pub(crate) fn heard(&self, then: u64) {
        let micros = Self::now().saturating_sub(then).max(1);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the logarithm of a number above 1 is small")]
        let bucket = ((micros as f64).ln() / WIDTH.ln()) as usize;
        self.buckets[bucket.min(BUCKETS - 1)].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).sum()
    }

    /// The time that `share` of all stay below, in milliseconds.
    pub(crate) fn at(&self, share: f64) -> f64 {
        let (all, mut seen) = (self.count(), 0);
        for (place, bucket) in self.buckets.iter().enumerate() {
            seen += bucket.load(Ordering::Relaxed);
            if seen > 0 && seen as f64 >= all as f64 * share {
                return WIDTH.powf(place as f64 + 1.0) / 1_000.0;
            }
        }
        0.0
    }
}
