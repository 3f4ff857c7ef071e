//! When an answer is no longer of use. A call that a service makes while it answers inherits the time that is left, and the trace.

use std::future::Future;
use std::time::Duration;

use http::HeaderValue;
use tokio::time::Instant;

/// A point in time after which nobody waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

/// What a task inherits that answers a call.
struct Present {
    deadline: Deadline,
    /// The `traceparent` that it was called with.
    trace: Option<HeaderValue>,
}

tokio::task_local! {
    static PRESENT: Present;
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
        PRESENT.try_with(|present| present.deadline).ok()
    }

    /// What is left; zero when it has passed.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    pub(crate) const fn instant(self) -> Instant {
        self.0
    }

    /// Runs `work` until the deadline; none when it passes first. What `work` calls inherits it and the trace.
    pub(crate) async fn bound<F: Future>(self, trace: Option<HeaderValue>, work: F) -> Option<F::Output> {
        let present = Present { deadline: self, trace };
        tokio::time::timeout_at(self.0, PRESENT.scope(present, work)).await.ok()
    }
}

/// The `traceparent` of the call that the present task answers.
pub(crate) fn present_trace() -> Option<HeaderValue> {
    PRESENT.try_with(|present| present.trace.clone()).ok().flatten()
}
