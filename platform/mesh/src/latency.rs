//! Peak EWMA of latency, after Finagle's load balancer: a slow answer counts at once, a quick one only bit by bit, and
//! what lies back fades (10 s).

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use banyan_kernel::Timestamp;

/// After this time a sample weighs 1/e of what it did, in microseconds.
const DECAY_MICROS: f64 = 10_000_000.0;

/// A moving average in microseconds. Without a lock: samples that meet may lose one of them, which an average survives.
#[derive(Debug, Default)]
pub(crate) struct PeakLatency {
    bits: AtomicU64,
    stamp: AtomicI64,
}

impl PeakLatency {
    pub(crate) fn record(&self, micros: f64, now: Timestamp) {
        let weight = fade(now.micros() - self.stamp.swap(now.micros(), Ordering::Relaxed));
        let before = f64::from_bits(self.bits.load(Ordering::Relaxed));
        let after = if micros > before { micros } else { before * weight + micros * (1.0 - weight) };
        self.bits.store(after.to_bits(), Ordering::Relaxed);
    }

    /// The average as it has faded by now, in microseconds; 0 before the first sample.
    pub(crate) fn micros(&self, now: Timestamp) -> f64 {
        let age = now.micros() - self.stamp.load(Ordering::Relaxed);
        f64::from_bits(self.bits.load(Ordering::Relaxed)) * fade(age)
    }
}

#[expect(clippy::cast_precision_loss, reason = "ages are far below 2^52 µs")]
fn fade(age_micros: i64) -> f64 {
    (-(age_micros.max(0) as f64) / DECAY_MICROS).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_counts_at_once_and_fades() {
        let latency = PeakLatency::default();
        let at = |seconds: i64| Timestamp::from_seconds(1_000 + seconds);
        latency.record(1_000.0, at(0));
        latency.record(50_000.0, at(0));
        assert!((latency.micros(at(0)) - 50_000.0).abs() < 1.0);
        latency.record(1_000.0, at(10));
        let expected = 50_000.0 / std::f64::consts::E + 1_000.0 * (1.0 - 1.0 / std::f64::consts::E);
        assert!((latency.micros(at(10)) - expected).abs() < 1.0, "{}", latency.micros(at(10)));
        assert!(latency.micros(at(60)) < 200.0);
    }

    #[test]
    fn a_clock_that_steps_back_does_no_harm() {
        let latency = PeakLatency::default();
        latency.record(1_000.0, Timestamp::from_seconds(100));
        latency.record(500.0, Timestamp::from_seconds(50));
        assert!(latency.micros(Timestamp::from_seconds(40)).is_finite());
    }
}
