use std::time::Duration;

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    Done,
    /// It will be tried again.
    Retried,
    /// It will not.
    Failed,
    Cancelled,
    /// Its process ends, or another process has it: this attempt does not count.
    Left,
}

impl Outcome {
    pub const ALL: [Self; 5] = [Self::Done, Self::Retried, Self::Failed, Self::Cancelled, Self::Left];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retried => "retried",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Left => "left",
        }
    }
}

/// What a queue holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub queue: &'static str,
    /// Due, and not taken yet.
    pub ready: u64,
    /// Due later.
    pub waiting: u64,
    pub running: u64,
    /// For a person.
    pub failed: u64,
    /// For how long the oldest of those that are ready has been due, in microseconds.
    pub oldest_micros: u64,
}

impl Standing {
    pub(super) fn none(queue: &'static str) -> Self {
        Self { queue, ready: 0, waiting: 0, running: 0, failed: 0, oldest_micros: 0 }
    }
}

/// Watches jobs for metrics.
pub trait Observer: Send + Sync {
    fn ended(&self, kind: &'static str, outcome: Outcome, took: Duration);
    /// Told every few seconds by each process: all of them see the same rows.
    fn stands(&self, standing: &[Standing]);
    /// As [`Observer::stands`]: sagas that run (forward or back), and those that are stuck.
    fn sagas_stand(&self, running: u64, stuck: u64);
}

/// Watches nothing.
#[derive(Debug)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn ended(&self, _: &'static str, _: Outcome, _: Duration) {}

    fn stands(&self, _: &[Standing]) {}

    fn sagas_stand(&self, _: u64, _: u64) {}
}
