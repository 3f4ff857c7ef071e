//! What becomes of an event whose handler failed.

use banyan_kernel::Timestamp;
use banyan_store::StoreError;
use serde::{Deserialize, Serialize};

use super::{ConsumerError, LAST_ATTEMPT};

/// Entries of an event's history, the last ones.
const LONGEST_HISTORY: usize = 10;
/// Characters of one error.
const LONGEST_ERROR: usize = 500;

/// Why a transaction of a consumer was not kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error(transparent)]
    Handler(ConsumerError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another process owns the partition by now.
    #[error("another process owns the partition")]
    LostPartition,
    /// At least one of the events was handled before.
    #[error("handled before")]
    HandledBefore,
}

impl Failed {
    /// Whether it is the event's own matter, so that the rest may go on.
    pub(super) fn is_of_the_event(&self) -> bool {
        matches!(self, Self::Handler(_) | Self::Store(_))
    }

    pub(super) fn is_poison(&self) -> bool {
        matches!(self, Self::Handler(ConsumerError::Poison(_)))
    }

    pub(super) fn text(&self) -> String {
        self.to_string().chars().take(LONGEST_ERROR).collect()
    }
}

/// One failed attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    pub at: Timestamp,
    pub error: String,
}

/// The history with one attempt more.
pub(super) fn longer(history: &serde_json::Value, at: Timestamp, error: &str) -> serde_json::Value {
    let mut attempts: Vec<serde_json::Value> = history.as_array().cloned().unwrap_or_default();
    attempts.push(serde_json::json!({ "at": at, "error": error }));
    let surplus = attempts.len().saturating_sub(LONGEST_HISTORY);
    attempts.drain(..surplus);
    attempts.into()
}

/// When an event is tried again, or that it is not: after `attempts` failures.
pub(super) fn next_attempt(attempts: i64, poison: bool, now: Timestamp, spread: i64) -> Option<Timestamp> {
    if poison || attempts >= LAST_ATTEMPT {
        return None;
    }
    let micros = 1_000_000_i64 << (attempts - 1).clamp(0, 9);
    // Up to a quarter more, by the event's own number: those that failed together do not come back together.
    let jitter = (micros / 4 / 256) * spread.rem_euclid(256);
    Some(Timestamp::from_micros(now.micros().saturating_add(micros + jitter)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_between_attempts_doubles_and_ends() {
        let now = Timestamp::from_seconds(1_000);
        let after = |attempts, spread| next_attempt(attempts, false, now, spread).map(|due| due.micros() - now.micros());
        assert_eq!(after(1, 0), Some(1_000_000));
        assert_eq!(after(4, 0), Some(8_000_000));
        assert_eq!(after(9, 0), Some(256_000_000));
        assert_eq!(after(10, 0), None);
        assert_eq!(next_attempt(1, true, now, 0), None, "poison is not tried again");
        for spread in [-1, 7, 255, i64::MAX] {
            assert!((8_000_000..=10_000_000).contains(&after(4, spread).unwrap()));
        }
    }

    #[test]
    fn a_history_is_bounded() {
        let mut history = serde_json::Value::Null;
        for number in 0..50 {
            history = longer(&history, Timestamp::from_seconds(number), "away");
        }
        assert_eq!(history.as_array().unwrap().len(), LONGEST_HISTORY);
    }
}
