//! What the calls to one instance came to: ejection, and the way back.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use banyan_kernel::Timestamp;
use parking_lot::Mutex;

use super::micros;
use crate::upstream::{Ejection, SlowStart};

/// How a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nobody listens there.
    Unreachable,
    /// No valid answer: broken, too late.
    NoAnswer,
    /// An answer whose status says that it could not be had.
    Status,
}

#[derive(Debug, Default)]
pub(crate) struct Passive {
    consecutive: AtomicU32,
    /// Microseconds; 0 for never.
    ejected_until: AtomicI64,
    /// Since when it may have its share again, microseconds; 0 for always.
    back_since: AtomicI64,
    /// When it was last found that nobody answers there, microseconds; 0 since the last answer.
    silent_at: AtomicI64,
    tally: Mutex<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    fails: u32,
    first_fail: i64,
    ejections: u32,
}

impl Passive {
    pub(crate) fn succeeded(&self) {
        // Loaded first: writing takes the line away from all other workers.
        if self.consecutive.load(Ordering::Relaxed) != 0 {
            self.consecutive.store(0, Ordering::Relaxed);
        }
        if self.silent_at.load(Ordering::Relaxed) != 0 {
            self.silent_at.store(0, Ordering::Relaxed);
        }
    }

    /// Whether the last calls found nobody there: one without a connection says so, or as many without an answer as would eject. The last
    /// instance of a service is never ejected, and still it is down. Without news for `fail_timeout` nothing is known.
    pub(crate) fn is_silent(&self, rule: &Ejection, now: Timestamp) -> bool {
        let at = self.silent_at.load(Ordering::Relaxed);
        at != 0 && (0..=micros(rule.fail_timeout)).contains(&now.micros().saturating_sub(at))
    }

    /// Whether others should rather be asked: for two seconds after the first call that found nobody, doubled with each further one, up to
    /// half a minute. Then a call tries again.
    pub(crate) fn is_avoided(&self, now: Timestamp) -> bool {
        const LONGEST: i64 = 30_000_000;
        let at = self.silent_at.load(Ordering::Relaxed);
        if at == 0 {
            return false;
        }
        let longest = (1_000_000_i64 << self.consecutive.load(Ordering::Relaxed).min(5)).min(LONGEST);
        (0..longest).contains(&now.micros().saturating_sub(at))
    }

    /// Whether the instance deserves to be ejected.
    pub(crate) fn failed(&self, rule: &Ejection, failure: Failure, now: Timestamp) -> bool {
        let in_a_row = self.consecutive.fetch_add(1, Ordering::Relaxed) + 1;
        let mut tally = self.tally.lock();
        if failure != Failure::Status {
            let age = now.micros().saturating_sub(tally.first_fail);
            if tally.fails == 0 || !(0..=micros(rule.fail_timeout)).contains(&age) {
                (tally.fails, tally.first_fail) = (0, now.micros());
            }
            tally.fails += 1;
        }
        let silent = match failure {
            Failure::Unreachable => true,
            Failure::NoAnswer => in_a_row >= rule.max_fails.max(1),
            Failure::Status => false,
        };
        if silent {
            self.silent_at.store(now.micros().max(1), Ordering::Relaxed);
        }
        let too_many = rule.max_fails > 0 && tally.fails >= rule.max_fails;
        let too_often = rule.consecutive > 0 && in_a_row >= rule.consecutive;
        too_many || too_often
    }

    /// 30 s × how often, each quiet time forgiving one.
    pub(crate) fn eject(&self, rule: &Ejection, now: Timestamp) {
        let mut tally = self.tally.lock();
        let (base, before) = (micros(rule.base).max(1), self.ejected_until.load(Ordering::Relaxed));
        if before != 0 {
            let quiet = now.micros().saturating_sub(before).max(0) / base;
            tally.ejections = tally.ejections.saturating_sub(u32::try_from(quiet).unwrap_or(u32::MAX));
        }
        tally.ejections = tally.ejections.saturating_add(1);
        let time = base.saturating_mul(i64::from(tally.ejections)).min(micros(rule.most).max(base));
        let until = now.micros().saturating_add(time);
        self.ejected_until.store(until, Ordering::Relaxed);
        self.back_since.store(until, Ordering::Relaxed);
        tally.fails = 0;
        self.consecutive.store(0, Ordering::Relaxed);
    }

    /// How long it stays ejected, in microseconds.
    pub(crate) fn ejected_for(&self, rule: &Ejection, now: Timestamp) -> Option<i64> {
        let until = self.ejected_until.load(Ordering::Relaxed);
        if until == 0 {
            return None;
        }
        let left = until.saturating_sub(now.micros());
        // A clock that was set back must not eject for longer than ever meant.
        (left > 0 && left <= micros(rule.most.max(rule.base))).then_some(left)
    }

    /// It came, or came back: its share grows from now.
    pub(crate) fn begin_slowly(&self, now: Timestamp) {
        self.back_since.store(now.micros(), Ordering::Relaxed);
    }

    /// Which part of its share the instance may have, up to 1.
    #[expect(clippy::cast_precision_loss, reason = "times of slow starts are far below 2^52 µs")]
    pub(crate) fn share(&self, rule: &SlowStart, now: Timestamp) -> f64 {
        let since = self.back_since.load(Ordering::Relaxed);
        if since == 0 || rule.window.is_zero() {
            return 1.0;
        }
        let age = now.micros().saturating_sub(since);
        let window = micros(rule.window);
        if !(0..window).contains(&age) {
            return 1.0;
        }
        rule.least + (1.0 - rule.least) * (age as f64 / window as f64)
    }

    pub(crate) fn ejections(&self) -> u32 {
        self.tally.lock().ejections
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(10_000 + seconds)
    }

    #[test]
    fn three_calls_without_an_answer_within_thirty_seconds_eject() {
        let (passive, rule) = (Passive::default(), Ejection::default());
        assert!(!passive.failed(&rule, Failure::NoAnswer, at(0)));
        passive.succeeded();
        assert!(!passive.failed(&rule, Failure::NoAnswer, at(20)));
        passive.succeeded();
        assert!(!passive.failed(&rule, Failure::NoAnswer, at(31)), "the first one is too old, so this begins anew");
        passive.succeeded();
        assert!(!passive.failed(&rule, Failure::NoAnswer, at(40)));
        passive.succeeded();
        assert!(passive.failed(&rule, Failure::NoAnswer, at(61)));
    }

    #[test]
    fn five_bad_statuses_in_a_row_eject_and_a_good_answer_begins_anew() {
        let (passive, rule) = (Passive::default(), Ejection::default());
        for _ in 0..4 {
            assert!(!passive.failed(&rule, Failure::Status, at(0)));
        }
        passive.succeeded();
        for _ in 0..4 {
            assert!(!passive.failed(&rule, Failure::Status, at(0)));
        }
        assert!(passive.failed(&rule, Failure::Status, at(0)));
        assert!(!Passive::default().failed(&Ejection::never(), Failure::NoAnswer, at(0)));
    }

    #[test]
    fn who_cannot_be_reached_is_silent_at_once_and_until_an_answer_or_for_a_while() {
        let (passive, rule) = (Passive::default(), Ejection::default());
        assert!(!passive.is_silent(&rule, at(0)));
        passive.failed(&rule, Failure::Unreachable, at(0));
        assert!(passive.is_silent(&rule, at(0)) && passive.is_silent(&rule, at(30)) && !passive.is_silent(&rule, at(31)));
        passive.eject(&rule, at(1));
        passive.succeeded();
        assert!(!passive.is_silent(&rule, at(1)), "one answer is enough");
        for _ in 0..2 {
            passive.failed(&rule, Failure::NoAnswer, at(2));
            assert!(!passive.is_silent(&rule, at(2)), "a slow one or two say nothing");
        }
        passive.failed(&rule, Failure::NoAnswer, at(2));
        assert!(passive.is_silent(&rule, at(2)));
        passive.succeeded();
        for _ in 0..9 {
            passive.failed(&rule, Failure::Status, at(3));
        }
        assert!(!passive.is_silent(&rule, at(3)), "it answers, badly");
    }

    #[test]
    fn who_was_not_there_is_avoided_for_longer_and_longer() {
        let (passive, rule) = (Passive::default(), Ejection::never());
        assert!(!passive.is_avoided(at(0)));
        for (at_second, for_seconds) in [(0, 2), (10, 4), (20, 8), (40, 16), (60, 30), (100, 30)] {
            passive.failed(&rule, Failure::Unreachable, at(at_second));
            assert!(passive.is_avoided(at(at_second + for_seconds - 1)) && !passive.is_avoided(at(at_second + for_seconds)));
        }
        passive.succeeded();
        assert!(!passive.is_avoided(at(100)));
    }

    #[test]
    fn ejections_grow_to_five_minutes_and_are_forgiven() {
        let (passive, rule) = (Passive::default(), Ejection::default());
        let mut now = 0;
        for expected in [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300] {
            passive.eject(&rule, at(now));
            assert_eq!(passive.ejected_for(&rule, at(now)), Some(expected * 1_000_000));
            now += expected;
            assert_eq!(passive.ejected_for(&rule, at(now)), None);
        }
        passive.eject(&rule, at(now + 30 * 10));
        assert_eq!(passive.ejections(), 2, "ten quiet times of eleven");
    }

    #[test]
    fn the_share_grows_evenly_after_an_ejection() {
        let (passive, slow) = (Passive::default(), SlowStart::default());
        assert!((passive.share(&slow, at(0)) - 1.0).abs() < 1e-9, "who was always there has all of it");
        passive.eject(&Ejection::default(), at(0));
        for (second, expected) in [(30, 0.1), (35, 0.55), (39, 0.91), (40, 1.0), (100, 1.0)] {
            let share = passive.share(&slow, at(second));
            assert!((share - expected).abs() < 1e-6, "{second} s: {share}");
        }
    }

    proptest! {
        #[test]
        fn a_share_is_always_a_share_and_never_shrinks(since in -100_i64..100, first in -1_000_i64..1_000, later in 0_i64..1_000, least in 0.01_f64..1.0) {
            let passive = Passive::default();
            passive.begin_slowly(at(since));
            let rule = SlowStart { least, ..SlowStart::default() };
            let (one, other) = (passive.share(&rule, at(first)), passive.share(&rule, at(first + later)));
            prop_assert!((0.01..=1.0).contains(&one) && (0.01..=1.0).contains(&other));
            // Before the beginning the clock was set back; then the whole share holds.
            prop_assert!(first < since || other >= one);
        }
    }
}
