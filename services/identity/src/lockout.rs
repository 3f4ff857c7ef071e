//! How long failed log-ins lock an account or an address: exponential backoff. Pure; the counters live in `login_failures`.
//!
//! A locked account answers the same whether it exists or not, and a right password does not open it before its time. The lock is
//! checked once more in the transaction that would open the session, so of a burst of guesses that were hashed side by side no more
//! are answered than the free ones.

use banyan_kernel::Timestamp;

/// The counter of one account or address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Failures {
    pub count: i64,
    pub last: Timestamp,
    pub locked_until: Timestamp,
}

/// When a lock begins and how it grows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    /// Failures that cost nothing.
    pub free: i64,
    /// Seconds of the first lock; each further failure doubles it.
    pub first_seconds: i64,
    pub longest_seconds: i64,
    /// Without a failure for so many seconds the counter starts anew.
    pub forget_seconds: i64,
}

impl Backoff {
    /// For one account: five tries, then 15 s, 30 s, … 15 min; forgotten after a day or a log-in.
    pub(crate) const ACCOUNT: Self = Self { free: 5, first_seconds: 15, longest_seconds: 900, forget_seconds: 86_400 };
    /// For one address, behind which may be a whole office: fifty tries, then 1 s, 2 s, … 5 min; forgotten after 15 minutes.
    pub(crate) const ADDRESS: Self = Self { free: 50, first_seconds: 1, longest_seconds: 300, forget_seconds: 900 };

    /// The counter after one more failure.
    pub(crate) fn failed(self, before: Option<Failures>, now: Timestamp) -> Failures {
        let before = before.filter(|failures| now.seconds_since(failures.last) < self.forget_seconds).unwrap_or_default();
        let count = before.count.saturating_add(1);
        let locked_until = now.plus_seconds(self.lock_seconds(count)).max(before.locked_until);
        Failures { count, last: now, locked_until }
    }

    fn lock_seconds(self, count: i64) -> i64 {
        let over = count - self.free;
        if over < 0 {
            return 0;
        }
        let doublings = u32::try_from(over).unwrap_or(u32::MAX).min(40);
        self.first_seconds.saturating_mul(1_i64 << doublings).min(self.longest_seconds)
    }
}

impl Failures {
    /// Whole seconds until the lock ends, rounded up; `None` when nothing is locked.
    pub(crate) fn locked_for(self, now: Timestamp) -> Option<i64> {
        let micros = self.locked_until.micros().saturating_sub(now.micros());
        (micros > 0).then(|| (micros + Timestamp::MICROS_PER_SECOND - 1) / Timestamp::MICROS_PER_SECOND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn after(failures: u32) -> Failures {
        (0..failures).fold(None, |state, _| Some(Backoff::ACCOUNT.failed(state, START))).unwrap_or_default()
    }

    #[test]
    fn the_fifth_failure_locks_and_each_further_one_doubles_up_to_the_longest() {
        let locks: Vec<_> = [4, 5, 6, 7, 11, 50, 500].iter().map(|count| after(*count).locked_for(START)).collect();
        assert_eq!(locks, [None, Some(15), Some(30), Some(60), Some(900), Some(900), Some(900)]);
    }

    #[test]
    fn a_lock_ends_by_itself_and_a_day_forgets() {
        let failures = after(6);
        assert_eq!(failures.locked_for(START.plus_seconds(29)), Some(1));
        assert_eq!(failures.locked_for(START.plus_seconds(30)), None);
        let next = Backoff::ACCOUNT.failed(Some(failures), START.plus_seconds(31));
        assert_eq!(next.count, 7);
        let fresh = Backoff::ACCOUNT.failed(Some(failures), START.plus_seconds(86_400));
        assert_eq!(fresh.count, 1);
    }

    #[test]
    fn an_address_has_more_tries_and_shorter_locks() {
        let at = |failures: u32| (0..failures).fold(None, |state, _| Some(Backoff::ADDRESS.failed(state, START))).unwrap();
        assert_eq!(at(49).locked_for(START), None);
        assert_eq!(at(50).locked_for(START), Some(1));
        assert_eq!(at(1000).locked_for(START), Some(300));
    }
}
