//! Something outside that is given a log's events, in order: a broker that programs in other languages read.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use banyan_contracts::CloudEvent;
use banyan_kernel::{Timestamp, Uuid};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// What a sink's methods answer later.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Takes the events of logs. One is shared by the logs of all services of a process.
///
/// What it acknowledges is not sent again, unless [`Sink::open`] finds that it was lost.
pub trait Sink: Send + Sync + 'static {
    /// `relay.` and what it is: stored with its places, and what it is called at the log, so never change one in use.
    fn name(&self) -> &'static str;

    /// Changes when the connection does. What was acknowledged under another epoch counts only after [`Sink::open`].
    fn epoch(&self) -> u64;

    /// Connects where there is no connection, and looks whether what `noted` says of the log of `service` is still there.
    fn open<'a>(&'a self, service: &'a str, noted: Option<&'a Mark>) -> Doing<'a, Result<Opened, SinkError>>;

    /// Hands over events of the log of `service`, all of them or an error. A failure in the middle leaves no event there without the earlier
    /// ones of its tenant and subject. Nothing is handed over by a connection of another epoch than `epoch`: what is there may have been
    /// emptied before it was made. Answers with what is last in the sink.
    fn send<'a>(
        &'a self,
        service: &'a str,
        epoch: u64,
        events: Vec<Arc<CloudEvent>>,
    ) -> Doing<'a, Result<Option<Last>, SinkError>>;

    /// How often [`Sink::open`] is asked while the connection stays: for what loses things without a word. Nothing: only after the
    /// connection has changed, or something failed.
    fn look_every(&self) -> Option<Duration> {
        None
    }
}

/// What was last acknowledged, as it is written beside the places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Of the place where events are kept. Where it changes, what other processes were told under the one before no longer counts.
    pub identity: String,
    pub last: Option<Last>,
}

/// The last of what a sink has acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    pub sequence: u64,
    pub event: Uuid,
}

/// What [`Sink::open`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Under which it looked.
    pub epoch: u64,
    pub identity: String,
    /// Why what was acknowledged is there no longer, in words. Then it is sent again, from the oldest that the log has.
    pub lost: Option<String>,
}

/// A sink does not take what it is given. It is tried again until it does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SinkError(pub String);

/// One log's way into a sink.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RelayState {
    /// Whose log.
    pub service: String,
    /// The sink.
    pub sink: String,
    /// Up to where everything was acknowledged.
    pub place: String,
    /// Events that were not acknowledged yet, counted up to 100,000.
    pub lag: u64,
    /// The processes that hand over parts of the log.
    pub owners: Vec<Uuid>,
    /// The last sequence number that the sink gave out for this log.
    pub sequence: Option<u64>,
    /// What this process did since it began.
    pub here: RelayCounts,
}

/// What a process did for a sink.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RelayCounts {
    /// Acknowledged events; one that was sent twice counts twice.
    pub sent: u64,
    pub failures: u64,
    /// How often everything was sent again, because the sink had lost it.
    pub refills: u64,
    /// Why it does not go on, while it does not.
    pub trouble: Option<String>,
    pub last_at: Option<Timestamp>,
}

/// The counts of a relay that runs.
#[derive(Debug, Default)]
pub(super) struct Counting(Mutex<RelayCounts>);

impl Counting {
    pub(super) fn sent(&self, count: usize, at: Timestamp) {
        let mut counts = self.0.lock();
        counts.sent += count as u64;
        counts.last_at = Some(at);
        counts.trouble = None;
    }

    pub(super) fn opened(&self) {
        self.0.lock().trouble = None;
    }

    /// Whether the trouble is a new one.
    pub(super) fn failed(&self, why: &str) -> bool {
        let mut counts = self.0.lock();
        counts.failures += 1;
        let is_new = counts.trouble.as_deref() != Some(why);
        counts.trouble = Some(why.to_owned());
        is_new
    }

    pub(super) fn refilled(&self) {
        self.0.lock().refills += 1;
    }

    pub(super) fn read(&self) -> RelayCounts {
        self.0.lock().clone()
    }
}
