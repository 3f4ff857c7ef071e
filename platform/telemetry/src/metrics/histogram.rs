//! Durations counted in buckets.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, MetricEncoder, NoLabelSet};

/// Upper bounds of the HTTP buckets in microseconds: 0.1 0.3 0.5 0.7 1 3 5 7 10 seconds, and finer ones below.
pub const HTTP_BOUNDS: &[u64] = &[
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 300_000, 500_000, 700_000, 1_000_000, 3_000_000, 5_000_000, 7_000_000,
    10_000_000,
];

/// Upper bounds of the statement buckets in microseconds: 25 µs to 10 s.
pub const STATEMENT_BOUNDS: &[u64] =
    &[25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000];

/// A histogram with fixed bounds. Counting is two atomic additions.
#[derive(Debug)]
pub struct DurationHistogram {
    bounds: &'static [u64],
    counts: Box<[AtomicU64]>,
    sum_micros: AtomicU64,
}

impl DurationHistogram {
    /// `bounds` are upper bounds in microseconds, ascending; what is longer than the last goes to one bucket more.
    pub fn new(bounds: &'static [u64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum_micros: AtomicU64::new(0) }
    }

    pub fn record(&self, elapsed: Duration) {
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        // Most are short, so a walk from the short end ends at once.
        let bucket = self.bounds.iter().position(|bound| micros <= *bound).unwrap_or(self.bounds.len());
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
    }
}

/// What several workers' histograms of one series hold together.
#[derive(Clone, Debug)]
pub(super) struct Totals {
    bounds: &'static [u64],
    counts: Vec<u64>,
    sum_micros: u64,
}

impl Totals {
    pub(super) fn of(bounds: &'static [u64]) -> Self {
        Self { bounds, counts: vec![0; bounds.len() + 1], sum_micros: 0 }
    }

    pub(super) fn add(&mut self, histogram: &DurationHistogram) {
        for (total, count) in self.counts.iter_mut().zip(&histogram.counts) {
            *total += count.load(Ordering::Relaxed);
        }
        self.sum_micros += histogram.sum_micros.load(Ordering::Relaxed);
    }

    pub(super) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    pub(super) fn encode(&self, family: &mut MetricEncoder<'_>, labels: &impl EncodeLabelSet) -> std::fmt::Result {
        let bounds = self.bounds.iter().map(|micros| seconds(*micros)).chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = bounds.zip(self.counts.iter().copied()).collect();
        let mut series = family.encode_family(labels)?;
        series.encode_histogram::<NoLabelSet>(seconds(self.sum_micros), self.count(), &buckets, None)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a sum of more than 285 years may lose a microsecond")]
fn seconds(micros: u64) -> f64 {
    micros as f64 / 1_000_000.0
}
