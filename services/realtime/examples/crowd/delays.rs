//! Times in buckets of 2 % width: the same few kilobytes however many there are.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

const WIDTH: f64 = 1.02;
/// Up to some 10 minutes.
const BUCKETS: usize = 1_024;

pub(crate) struct Delays {
    epoch: Instant,
    buckets: Box<[AtomicU64]>,
    /// Connections that ended by themselves.
    pub(crate) lost: AtomicU64,
}

impl Delays {
    pub(crate) fn new(epoch: Instant) -> Self {
        Self { epoch, buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(), lost: AtomicU64::new(0) }
    }

    /// Microseconds since the program began.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_micros()).unwrap()
    }

    /// Something that was sent at `then` is heard.
    pub(crate) fn heard(&self, then: u64) {
        let micros = self.now().saturating_sub(then).max(1);
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
