//! How much was asked, by whom and of what: counted at the front door, kept by identity beside the keys.

use banyan_kernel::{Timestamp, Uuid};

/// What was asked within one hour, since it was last told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRow {
    pub tenant: Uuid,
    /// Its beginning.
    pub hour: Timestamp,
    /// The API key, and whose it is; none for other requests.
    pub key: Option<KeyOwner>,
    /// The pattern: `/api/v1/goals/{id}`; `_other` where there were too many.
    pub route: String,
    /// Of the interface.
    pub version: u32,
    pub counts: UsageCounts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyOwner {
    pub key: Uuid,
    pub user: Uuid,
}

/// Requests, and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageCounts {
    pub requests: i64,
    /// Answered 4xx, those over a limit among them.
    pub refused: i64,
    /// Answered 429.
    pub limited: i64,
    /// Answered 5xx.
    pub failed: i64,
    /// The time that all of them took together.
    pub micros: i64,
}

impl UsageCounts {
    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.refused += other.refused;
        self.limited += other.limited;
        self.failed += other.failed;
        self.micros += other.micros;
    }
}
