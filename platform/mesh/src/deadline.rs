//! When an answer is no longer of use. A call that a service makes while it answers inherits the time that is left.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

/// A point in time after which nobody waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

tokio::task_local! {
    static PRESENT: Deadline;
}

impl Deadline {
    /// That long from now, or the present task's deadline where it is sooner.
    pub fn after(time: Duration) -> Self {
        let own = Instant::now().checked_add(time).map(Self);
        match (own, Self::present()) {
            (Some(own), Some(present)) => own.min(present),
            (Some(one), None) | (None, Some(one)) => one,
            // More than the clock can count: a day is as good.
            (None, None) => Self(Instant::now() + Duration::from_secs(86_400)),
        }
    }

    /// The deadline of the call that the present task answers.
    pub fn present() -> Option<Self> {
        PRESENT.try_with(|deadline| *deadline).ok()
    }

    /// What is left; zero when it has passed.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Runs `work` until the deadline; none when it passes first. What `work` calls inherits it.
    pub(crate) async fn bound<F: Future>(self, work: F) -> Option<F::Output> {
        tokio::time::timeout_at(self.0, PRESENT.scope(self, work)).await.ok()
    }
}
