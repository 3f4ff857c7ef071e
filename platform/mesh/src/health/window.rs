//! Two counts over the last 10 seconds, second by second, without a lock.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use banyan_kernel::Timestamp;

const SECONDS: usize = 10;

#[derive(Debug, Default)]
pub(crate) struct Window([Second; SECONDS]);

#[derive(Debug, Default)]
struct Second {
    /// Which second this is, since the epoch.
    second: AtomicI64,
    one: AtomicU32,
    other: AtomicU32,
}

impl Window {
    pub(crate) fn add_one(&self, now: Timestamp) {
        self.at(now).one.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_other(&self, now: Timestamp) {
        self.at(now).other.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn sums(&self, now: Timestamp) -> (u64, u64) {
        let present = now.seconds();
        let recent = self.0.iter().filter(|second| {
            let age = present - second.second.load(Ordering::Acquire);
            (0..SECONDS as i64).contains(&age)
        });
        recent.fold((0, 0), |(one, other), second| {
            (one + u64::from(second.one.load(Ordering::Relaxed)), other + u64::from(second.other.load(Ordering::Relaxed)))
        })
    }

    pub(crate) fn clear(&self) {
        self.0.iter().for_each(|second| second.second.store(0, Ordering::Release));
    }

    /// The cell of the present second; the first to come wipes what it held ten seconds ago. Counts that meet the wiping may be lost,
    /// which rates survive.
    fn at(&self, now: Timestamp) -> &Second {
        let present = now.seconds();
        let cell = &self.0[usize::try_from(present.rem_euclid(SECONDS as i64)).unwrap_or(0)];
        let held = cell.second.load(Ordering::Acquire);
        if held != present && cell.second.compare_exchange(held, present, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            cell.one.store(0, Ordering::Relaxed);
            cell.other.store(0, Ordering::Relaxed);
        }
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_ten_seconds_count() {
        let window = Window::default();
        let at = |seconds: i64| Timestamp::from_seconds(1_000 + seconds);
        for second in 0..10 {
            window.add_one(at(second));
            window.add_other(at(second));
            window.add_other(at(second));
        }
        assert_eq!(window.sums(at(9)), (10, 20));
        assert_eq!(window.sums(at(14)), (5, 10));
        window.add_one(at(14));
        assert_eq!(window.sums(at(14)), (6, 10));
        assert_eq!(window.sums(at(40)), (0, 0));
        window.clear();
        assert_eq!(window.sums(at(14)), (0, 0));
    }
}
