//! What ends values: a stamp that changes, and patterns of keys that were removed.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use banyan_kernel::Random;
use parking_lot::Mutex;

use crate::cells::Cell;
use crate::key::Realm;
use crate::pattern::matches;
use crate::remote::PatternChange;

/// As many removals by pattern are remembered of a region. What is older than all of them ends.
pub(crate) const MOST_PATTERNS: usize = 64;

/// Makes stamps: never 0, and never one that was used before.
#[derive(Debug)]
pub(crate) struct Stamps(AtomicU64);

impl Stamps {
    pub(crate) fn new(random: &dyn Random) -> Self {
        let mut seed = [0; 8];
        random.fill(&mut seed);
        Self(AtomicU64::new(u64::from_le_bytes(seed)))
    }

    /// The next of `SplitMix64` (Steele, Lea, Flood 2014), which repeats after 2^64.
    pub(crate) fn next(&self) -> u64 {
        let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).max(1)
    }

    /// From 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "chance need not be exact")]
    pub(crate) fn chance(&self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Whether a value with the stamp `from` over its region still counts under `to`, for all that the removals in between say of its key.
pub(crate) fn outlives(changes: &[PatternChange], from: u64, to: u64, realm: Realm, text: &str) -> bool {
    let realm = realm.text();
    let mut at = from;
    for change in changes {
        if at == to {
            return true;
        }
        if change.before != at {
            // Before the first of interest, or after a gap, which never closes: no stamp comes twice.
            continue;
        }
        if change.realm == realm && matches(&change.glob, text) {
            return false;
        }
        at = change.after;
    }
    at == to
}

/// The removals of a process that is alone.
#[derive(Debug, Default)]
pub(crate) struct LocalPatterns(Mutex<HashMap<&'static str, VecDeque<PatternChange>>>);

impl LocalPatterns {
    pub(crate) fn remove(&self, region: &'static str, cell: &Arc<Cell>, after: u64, realm: Realm, glob: &str) {
        let mut regions = self.0.lock();
        let changes = regions.entry(region).or_default();
        if changes.len() >= MOST_PATTERNS {
            changes.pop_front();
        }
        changes.push_back(PatternChange { before: cell.stamp(), after, realm: realm.text(), glob: glob.to_owned() });
        cell.change(after);
    }

    pub(crate) fn of(&self, region: &'static str) -> Vec<PatternChange> {
        self.0.lock().get(region).map(|changes| changes.iter().cloned().collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_kernel::{OsRandom, Uuid};

    fn change(before: u64, after: u64, realm: Realm, glob: &str) -> PatternChange {
        PatternChange { before, after, realm: realm.text(), glob: glob.to_owned() }
    }

    #[test]
    fn a_value_outlives_removals_of_others() {
        let (here, there) = (Realm::Tenant(Uuid::from_u128(1)), Realm::Tenant(Uuid::from_u128(2)));
        let changes = [change(1, 2, here, "list:*"), change(2, 3, there, "*"), change(3, 4, here, "x")];
        assert!(outlives(&changes, 1, 4, here, "one"));
        assert!(!outlives(&changes, 1, 4, here, "list:7"));
        assert!(outlives(&changes, 2, 4, here, "list:7"), "it came after");
        assert!(!outlives(&changes, 2, 4, there, "list:7"));
        assert!(outlives(&changes, 1, 2, here, "x"), "what comes later is not asked for");
        assert!(!outlives(&changes, 9, 4, here, "one"), "older than what is remembered");
        assert!(!outlives(&changes, 1, 9, here, "one"), "the region was cleared");
        assert!(outlives(&[], 5, 5, here, "one"));
    }

    #[test]
    fn stamps_do_not_repeat() {
        let stamps = Stamps::new(&OsRandom);
        let seen: std::collections::HashSet<u64> = (0..10_000).map(|_| stamps.next()).collect();
        assert_eq!((seen.len(), seen.contains(&0)), (10_000, false));
        assert!((0..1_000).map(|_| stamps.chance()).all(|chance| (0.0..=1.0).contains(&chance)));
    }
}
