//! The circuit breaker of an upstream: closed, open, half open (Nygard, Release It!).

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use banyan_kernel::Timestamp;
use parking_lot::Mutex;

use super::micros;
use super::window::Window;
use crate::report::BreakerState;
use crate::upstream::Breaker as Rule;

const CLOSED: u8 = 0;
const OPEN: u8 = 1;
const HALF_OPEN: u8 = 2;

#[derive(Debug, Default)]
pub(crate) struct Breaker {
    state: AtomicU8,
    /// Calls, failures.
    window: Window,
    /// Touched only while not closed, or to open.
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    until: i64,
    /// How often it opened without having been closed in between.
    times: u32,
    trials_out: u32,
    trials_good: u32,
}

/// Leave to make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    Ordinary,
    Trial,
}

impl Breaker {
    /// # Errors
    /// How long it stays open.
    pub(crate) fn admit(&self, rule: &Rule, now: Timestamp) -> Result<Pass, Duration> {
        if self.state.load(Ordering::Acquire) == CLOSED {
            return Ok(Pass::Ordinary);
        }
        let mut open = self.open.lock();
        match self.state.load(Ordering::Acquire) {
            CLOSED => return Ok(Pass::Ordinary),
            OPEN => {
                let left = open.until.saturating_sub(now.micros());
                // A clock that was set back must not keep it open for longer than ever meant.
                if left > 0 && left <= micros(rule.most.max(rule.open)) {
                    return Err(Duration::from_micros(left.unsigned_abs()));
                }
                (open.trials_out, open.trials_good) = (0, 0);
                self.state.store(HALF_OPEN, Ordering::Release);
            }
            _ => (),
        }
        if open.trials_out >= rule.trials {
            return Err(rule.open);
        }
        open.trials_out += 1;
        Ok(Pass::Trial)
    }

    /// Returns the state that it changed to, if it did.
    pub(crate) fn succeeded(&self, rule: &Rule, pass: Pass, now: Timestamp) -> Option<BreakerState> {
        self.window.add_one(now);
        if pass == Pass::Ordinary {
            return None;
        }
        let mut open = self.open.lock();
        open.trials_good += 1;
        if self.state.load(Ordering::Acquire) != HALF_OPEN || open.trials_good < rule.trials {
            return None;
        }
        open.times = 0;
        self.window.clear();
        self.state.store(CLOSED, Ordering::Release);
        Some(BreakerState::Closed)
    }

    pub(crate) fn failed(&self, rule: &Rule, pass: Pass, now: Timestamp) -> Option<BreakerState> {
        self.window.add_one(now);
        self.window.add_other(now);
        let trips = match pass {
            Pass::Trial => self.state.load(Ordering::Acquire) == HALF_OPEN,
            Pass::Ordinary => self.state.load(Ordering::Acquire) == CLOSED && self.is_bad(rule, now),
        };
        if !trips {
            return None;
        }
        let mut open = self.open.lock();
        if self.state.load(Ordering::Acquire) == OPEN {
            return None;
        }
        let doubled = rule.open.saturating_mul(1 << open.times.min(16));
        open.until = now.micros().saturating_add(micros(doubled.min(rule.most.max(rule.open))));
        open.times = open.times.saturating_add(1);
        self.state.store(OPEN, Ordering::Release);
        Some(BreakerState::Open)
    }

    /// Somebody came who had no part in the failures: a trial may be made at once.
    pub(crate) fn hear_of_newcomer(&self) {
        if self.state.load(Ordering::Acquire) == OPEN {
            self.open.lock().until = 0;
        }
    }

    /// A trial ended without telling anything: its client went away.
    pub(crate) fn abandoned(&self, pass: Pass) {
        if pass == Pass::Trial {
            let mut open = self.open.lock();
            open.trials_out = open.trials_out.saturating_sub(1);
        }
    }

    pub(crate) fn state(&self) -> BreakerState {
        match self.state.load(Ordering::Acquire) {
            CLOSED => BreakerState::Closed,
            OPEN => BreakerState::Open,
            _ => BreakerState::HalfOpen,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of ten seconds are far below 2^52")]
    fn is_bad(&self, rule: &Rule, now: Timestamp) -> bool {
        let (calls, failures) = self.window.sums(now);
        calls >= u64::from(rule.least_calls) && failures as f64 >= calls as f64 * rule.failure_rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_new_is_tried_at_once() {
        let (breaker, rule) = (Breaker::default(), Rule::default());
        breaker.hear_of_newcomer();
        assert_eq!(breaker.state(), BreakerState::Closed);
        for _ in 0..rule.least_calls {
            breaker.failed(&rule, Pass::Ordinary, at(0));
        }
        assert!(breaker.admit(&rule, at(0)).is_err());
        breaker.hear_of_newcomer();
        for _ in 0..rule.trials {
            assert_eq!(breaker.admit(&rule, at(0)), Ok(Pass::Trial));
        }
        assert!(breaker.admit(&rule, at(0)).is_err(), "no more trials than usual");
        for _ in 0..rule.trials {
            breaker.succeeded(&rule, Pass::Trial, at(0));
        }
        assert_eq!((breaker.state(), breaker.admit(&rule, at(0))), (BreakerState::Closed, Ok(Pass::Ordinary)));
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(10_000 + seconds)
    }

    fn fail(breaker: &Breaker, rule: &Rule, now: Timestamp, times: u32) {
        for _ in 0..times {
            let pass = breaker.admit(rule, now).unwrap();
            breaker.failed(rule, pass, now);
        }
    }

    #[test]
    fn it_opens_on_half_failures_of_twenty_calls_and_not_before() {
        let (breaker, rule) = (Breaker::default(), Rule::default());
        for _ in 0..9 {
            breaker.succeeded(&rule, Pass::Ordinary, at(0));
        }
        fail(&breaker, &rule, at(0), 10);
        assert_eq!(breaker.state(), BreakerState::Closed, "19 calls");
        fail(&breaker, &rule, at(0), 1);
        assert_eq!(breaker.state(), BreakerState::Open, "11 of 20");
        let left = breaker.admit(&rule, at(1)).unwrap_err();
        assert_eq!(left, Duration::from_secs(4));
    }

    #[test]
    fn three_good_trials_close_it_and_a_bad_one_opens_it_for_twice_as_long() {
        let (breaker, rule) = (Breaker::default(), Rule::default());
        fail(&breaker, &rule, at(0), 20);
        let trials: Vec<_> = (0..5).map(|_| breaker.admit(&rule, at(5))).collect();
        assert_eq!(trials.iter().filter(|trial| **trial == Ok(Pass::Trial)).count(), 3);
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        assert_eq!(breaker.failed(&rule, Pass::Trial, at(5)), Some(BreakerState::Open));
        assert!(breaker.admit(&rule, at(14)).is_err(), "10 s now");
        for trial in 0..3 {
            let pass = breaker.admit(&rule, at(15)).unwrap();
            let changed = breaker.succeeded(&rule, pass, at(15));
            assert_eq!(changed.is_some(), trial == 2);
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
        fail(&breaker, &rule, at(16), 19);
        assert_eq!(breaker.state(), BreakerState::Closed, "it begins to count anew");
        fail(&breaker, &rule, at(16), 1);
        assert_eq!(breaker.admit(&rule, at(16)).unwrap_err(), Duration::from_secs(5), "and forgets how often it was open");
    }

    #[test]
    fn the_rest_grows_to_its_limit() {
        let (breaker, rule) = (Breaker::default(), Rule::default());
        fail(&breaker, &rule, at(0), 20);
        let mut now = 0;
        for expected in [5, 10, 20, 40, 60, 60] {
            assert_eq!(breaker.admit(&rule, at(now)).unwrap_err(), Duration::from_secs(expected));
            now += i64::try_from(expected).unwrap();
            let pass = breaker.admit(&rule, at(now)).unwrap();
            breaker.failed(&rule, pass, at(now));
        }
    }

    #[test]
    fn a_trial_that_was_given_up_is_free_again() {
        let (breaker, rule) = (Breaker::default(), Rule { trials: 1, ..Rule::default() });
        fail(&breaker, &rule, at(0), 20);
        let pass = breaker.admit(&rule, at(5)).unwrap();
        assert!(breaker.admit(&rule, at(5)).is_err());
        breaker.abandoned(pass);
        assert_eq!(breaker.admit(&rule, at(5)), Ok(Pass::Trial));
    }

    #[test]
    fn a_late_failure_of_an_old_call_does_not_open_it_again() {
        let (breaker, rule) = (Breaker::default(), Rule::default());
        fail(&breaker, &rule, at(0), 20);
        assert_eq!(breaker.failed(&rule, Pass::Ordinary, at(3)), None);
        assert!(breaker.admit(&rule, at(5)).is_ok(), "5 s from the opening, not from the late failure");
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_hold_it_open() {
        let (breaker, rule) = (Breaker::default(), Rule::default());
        fail(&breaker, &rule, at(0), 20);
        assert!(breaker.admit(&rule, at(-100_000)).is_ok());
    }

    #[test]
    fn above_one_it_never_opens() {
        let (breaker, rule) = (Breaker::default(), Rule::never());
        fail(&breaker, &rule, at(0), 1_000);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }
}
