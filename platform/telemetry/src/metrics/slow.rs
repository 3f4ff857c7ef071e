//! The slow-query log: a statement that took long is logged by its fingerprint, once in a while and never with its values.

use std::collections::HashMap;
use std::collections::hash_map::{DefaultHasher, Entry};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::{Clock, Timestamp};
use parking_lot::Mutex;

/// The same statement is logged at most once in this time; how often it was slow meanwhile is said the next time.
const QUIET_SECONDS: i64 = 60;

/// How many fingerprints are remembered. Beyond it the oldest memory goes.
const MOST_REMEMBERED: usize = 500;

/// How many lines there are at most in [`QUIET_SECONDS`], whatever the number of fingerprints.
const MOST_LINES: u32 = 60;

/// Longest fingerprint in a line, in characters.
const LONGEST: usize = 2_000;

/// Decides which statements are logged as slow.
pub struct SlowStatements {
    threshold_micros: u64,
    clock: Arc<dyn Clock>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    statements: HashMap<u64, Memory>,
    window: Option<Timestamp>,
    lines: u32,
}

struct Memory {
    logged: Timestamp,
    quiet: u64,
}

impl SlowStatements {
    /// Customary: 100 ms.
    pub const DEFAULT_THRESHOLD: Duration = Duration::from_millis(100);

    /// Logs statements that took `threshold` or longer.
    pub fn after(threshold: Duration, clock: Arc<dyn Clock>) -> Self {
        let threshold_micros = u64::try_from(threshold.as_micros()).unwrap_or(u64::MAX);
        Self { threshold_micros, clock, seen: Mutex::default() }
    }

    pub(super) fn see(&self, service: &'static str, fingerprint: &str, micros: u64) {
        if micros < self.threshold_micros {
            return;
        }
        let Some(quiet) = self.admit(service, fingerprint) else { return };
        let shown: String = fingerprint.chars().take(LONGEST).collect();
        tracing::warn!(service, statement = shown, millis = micros / 1_000, slow_since_last_line = quiet, "slow statement");
    }

    /// How often the statement was slow without a line since its last one, if it may have a line now.
    fn admit(&self, service: &'static str, fingerprint: &str) -> Option<u64> {
        let now = self.clock.now();
        let mut hasher = DefaultHasher::new();
        (service, fingerprint).hash(&mut hasher);
        let mut seen = self.seen.lock();
        if seen.window.is_none_or(|start| now.seconds_since(start) >= QUIET_SECONDS) {
            seen.window = Some(now);
            seen.lines = 0;
        }
        let full = seen.lines >= MOST_LINES;
        if seen.statements.len() >= MOST_REMEMBERED && !seen.statements.contains_key(&hasher.finish()) {
            let oldest = seen.statements.iter().min_by_key(|(_, memory)| memory.logged).map(|(key, _)| *key);
            oldest.map(|key| seen.statements.remove(&key));
        }
        let quiet = match seen.statements.entry(hasher.finish()) {
            Entry::Vacant(_) if full => return None,
            Entry::Vacant(place) => {
                place.insert(Memory { logged: now, quiet: 0 });
                0
            }
            Entry::Occupied(mut place) if full || now.seconds_since(place.get().logged) < QUIET_SECONDS => {
                place.get_mut().quiet += 1;
                return None;
            }
            Entry::Occupied(mut place) => std::mem::replace(place.get_mut(), Memory { logged: now, quiet: 0 }).quiet,
        };
        seen.lines += 1;
        Some(quiet)
    }
}

impl fmt::Debug for SlowStatements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlowStatements").field("threshold_micros", &self.threshold_micros).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_kernel::TestClock;

    #[test]
    fn a_statement_has_one_line_a_minute_and_says_how_often_it_was_quiet() {
        let clock = TestClock::at(Timestamp::from_seconds(0));
        let slow = SlowStatements::after(Duration::from_millis(100), Arc::new(clock.clone()));
        assert_eq!(slow.admit("goals", "SELECT a"), Some(0));
        assert_eq!(slow.admit("goals", "SELECT a"), None);
        assert_eq!(slow.admit("goals", "SELECT a"), None);
        assert_eq!(slow.admit("goals", "SELECT b"), Some(0));
        clock.advance_seconds(QUIET_SECONDS);
        assert_eq!(slow.admit("goals", "SELECT a"), Some(2));
    }

    #[test]
    fn a_flood_of_different_statements_is_bounded_in_lines_and_memory() {
        let clock = TestClock::at(Timestamp::from_seconds(0));
        let slow = SlowStatements::after(Duration::ZERO, Arc::new(clock.clone()));
        let mut lines = 0;
        for minute in 0..50 {
            for number in 0..200 {
                lines += u32::from(slow.admit("goals", &format!("SELECT {minute}_{number}")).is_some());
            }
            clock.advance_seconds(QUIET_SECONDS);
        }
        assert_eq!(lines, 50 * MOST_LINES);
        assert!(slow.seen.lock().statements.len() <= MOST_REMEMBERED);
    }

    #[test]
    fn quick_ones_are_not_looked_at() {
        let slow = SlowStatements::after(SlowStatements::DEFAULT_THRESHOLD, Arc::new(TestClock::at(Timestamp::default())));
        slow.see("goals", "SELECT 1", 99_999);
        assert!(slow.seen.lock().statements.is_empty());
        slow.see("goals", "SELECT 1", 100_000);
        assert_eq!(slow.seen.lock().statements.len(), 1);
    }
}
