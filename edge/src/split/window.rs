//! What was seen of the two sides lately, and in all.

use std::collections::VecDeque;
use std::time::Duration;

use banyan_kernel::Timestamp;

/// A window is forgotten in so many parts.
const SLOTS: i64 = 6;
/// Four to each doubling, up to some 70 minutes.
const BUCKETS: usize = 4 * 32;

/// Requests of one side.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    pub(crate) requests: u64,
    pub(crate) failures: u64,
    /// Requests by time until the head of the answer, in microseconds: four buckets to each power of two.
    times: Box<[u64; BUCKETS]>,
}

impl Default for Tally {
    fn default() -> Self {
        Self { requests: 0, failures: 0, times: Box::new([0; BUCKETS]) }
    }
}

fn bucket_of(time: Duration) -> usize {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(4);
    let power = 63 - micros.leading_zeros() as usize;
    let quarter = (micros >> (power - 2)) as usize & 3;
    (power * 4 + quarter).min(BUCKETS - 1)
}

/// The upper end of a bucket.
fn end_of(bucket: usize) -> Duration {
    let (power, quarter) = (bucket / 4, bucket % 4);
    Duration::from_micros((1_u64 << power) / 4 * (5 + quarter as u64))
}

impl Tally {
    pub(crate) fn record(&mut self, failed: Failed, time: Duration) {
        self.requests += 1;
        self.failures += u64::from(failed == Failed::Yes);
        self.times[bucket_of(time)] += 1;
    }

    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.failures += other.failures;
        for (own, other) in self.times.iter_mut().zip(other.times.iter()) {
            *own += other;
        }
    }

    /// Share of failures, 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    pub(crate) fn failure_rate(&self) -> f64 {
        if self.requests == 0 { 0.0 } else { self.failures as f64 / self.requests as f64 }
    }

    /// The upper end of the bucket in which the share (0 to 1) is reached: at most a quarter too high. None without requests.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
    pub(crate) fn quantile(&self, share: f64) -> Option<Duration> {
        let rank = (share * self.requests as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        let found = self.times.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        found.filter(|_| self.requests > 0).map(end_of)
    }

    /// Requests by time: the upper end of each class that has some, in microseconds.
    pub(crate) fn times(&self) -> impl Iterator<Item = (u64, u64)> {
        let filled = self.times.iter().enumerate().filter(|(_, count)| **count > 0);
        filled.map(|(bucket, count)| (u64::try_from(end_of(bucket).as_micros()).unwrap_or(u64::MAX), *count))
    }

    /// Requests that took longer than `limit`, a value of [`Tally::quantile`].
    pub(crate) fn slower_than(&self, limit: Duration) -> u64 {
        self.times.iter().enumerate().filter(|(bucket, _)| end_of(*bucket) > limit).map(|(_, count)| count).sum()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    Yes,
    No,
}

/// The sides over the last while.
#[derive(Debug)]
pub(crate) struct Window {
    /// In microseconds.
    slot: i64,
    sides: usize,
    /// Number of the slot since 1970, and what was seen in it, side by side; the newest last.
    slots: VecDeque<(i64, Box<[Tally]>)>,
}

impl Window {
    pub(crate) fn new(length: Duration, sides: usize) -> Self {
        let length = i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
        Self { slot: (length / SLOTS).max(1), sides, slots: VecDeque::new() }
    }

    pub(crate) fn record(&mut self, side: usize, failed: Failed, time: Duration, now: Timestamp) {
        let number = now.micros().div_euclid(self.slot);
        self.forget(number);
        // A clock that was set back adds to the newest slot.
        if self.slots.back().is_none_or(|(newest, _)| *newest < number) {
            self.slots.push_back((number, vec![Tally::default(); self.sides].into()));
        }
        if let Some(tally) = self.slots.back_mut().and_then(|(_, tallies)| tallies.get_mut(side)) {
            tally.record(failed, time);
        }
    }

    fn forget(&mut self, number: i64) {
        while self.slots.front().is_some_and(|(oldest, _)| *oldest <= number - SLOTS) {
            self.slots.pop_front();
        }
    }

    pub(crate) fn tally(&self, side: usize, now: Timestamp) -> Tally {
        let number = now.micros().div_euclid(self.slot);
        let mut sum = Tally::default();
        let fresh = self.slots.iter().filter(|(slot, _)| *slot > number - SLOTS);
        fresh.filter_map(|(_, tallies)| tallies.get(side)).for_each(|tally| sum.add(tally));
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_window_forgets() {
        let mut window = Window::new(Duration::from_secs(60), 2);
        let at = Timestamp::from_seconds;
        window.record(1, Failed::Yes, Duration::from_millis(3), at(0));
        window.record(1, Failed::No, Duration::from_millis(3), at(30));
        assert_eq!((window.tally(1, at(59)).requests, window.tally(1, at(59)).failures), (2, 1));
        assert_eq!((window.tally(1, at(61)).requests, window.tally(1, at(61)).failures), (1, 0));
        assert_eq!(window.tally(1, at(120)).requests, 0);
        assert_eq!(window.tally(0, at(59)).requests, 0);
        window.record(1, Failed::No, Duration::from_millis(3), at(20));
        assert_eq!(window.slots.len(), 2, "a clock set back makes no new slot");
    }

    proptest! {
        #[test]
        fn a_quantile_is_at_most_a_quarter_too_high(times in proptest::collection::vec(4_u64..10_000_000, 1..200)) {
            let mut tally = Tally::default();
            times.iter().for_each(|time| tally.record(Failed::No, Duration::from_micros(*time)));
            let mut sorted = times.clone();
            sorted.sort_unstable();
            let rank = (times.len() as f64 * 0.95).ceil() as usize;
            let exact = sorted[rank - 1] as f64;
            let found = tally.quantile(0.95).unwrap().as_micros() as f64;
            prop_assert!(found >= exact && found <= exact * 1.26 + 1.0, "{found} {exact}");
        }
    }
}
