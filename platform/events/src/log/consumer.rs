//! What a service writes to handle events.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use banyan_contracts::CloudEvent;
use banyan_store::log::Entry;
use banyan_store::{StoreError, Tx};

/// How long a handler may take for one event, unless the consumer says otherwise.
const DEADLINE: Duration = Duration::from_secs(10);

/// One event for one consumer, inside the transaction of its effect.
#[derive(Clone)]
pub struct Delivery {
    pub tx: Tx,
    pub event: Arc<CloudEvent>,
    /// 0 for the first try.
    pub attempt: u32,
}

/// Why a handler could not do its work. The event is tried again later, and goes to the dead letters after the last attempt.
#[derive(Debug, thiserror::Error)]
pub enum ConsumerError {
    /// The event cannot be understood: no use in trying again.
    #[error("the event cannot be handled: {0}")]
    Poison(String),
    /// Something outside was not there.
    #[error("{0}")]
    Retry(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<serde_json::Error> for ConsumerError {
    fn from(error: serde_json::Error) -> Self {
        Self::Poison(error.to_string())
    }
}

/// Where a consumer that has never run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the oldest event that the log still has: nothing is missed.
    Oldest,
    /// With what happens from then on: for effects that would be wrong if they came late.
    Now,
}

/// What stands for all types, also for those that are not known yet.
pub(crate) const EVERY_TYPE: &str = "*";

/// What [`Chooser::choose`] answers later.
pub type Choosing<'a> = Pin<Box<dyn Future<Output = Result<Vec<bool>, StoreError>> + Send + 'a>>;

/// Says which events a consumer of all types is to be given, so that those that nobody waits for leave no trace. It is asked after they were
/// read: what was committed before an event is known then.
pub trait Chooser: Send + Sync {
    /// One answer for each entry.
    fn choose<'a>(&'a self, entries: &'a [Entry]) -> Choosing<'a>;
}

pub(crate) type Handling = Pin<Box<dyn Future<Output = Result<(), ConsumerError>> + Send>>;
type Handler = dyn Fn(Delivery) -> Handling + Send + Sync;

/// A durable consumer of events, of its own service or others.
#[derive(Clone)]
pub struct Consumer {
    pub name: &'static str,
    pub types: &'static [&'static str],
    pub(crate) start: Start,
    pub(crate) deadline: Duration,
    pub(crate) handler: Arc<Handler>,
    pub(crate) chooser: Option<Arc<dyn Chooser>>,
}

impl Consumer {
    /// `name` is stored with its places, and unique in its service: never rename one in use.
    pub fn new<F, Fut>(name: &'static str, types: &'static [&'static str], handler: F) -> Self
    where
        F: Fn(Delivery) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), ConsumerError>> + Send + 'static,
    {
        let handler: Arc<Handler> = Arc::new(move |delivery| Box::pin(handler(delivery)));
        Self { name, types, start: Start::Oldest, deadline: DEADLINE, handler, chooser: None }
    }

    /// One that hears all events of all logs at hand, as `chooser` chooses.
    pub fn of_everything<F, Fut>(name: &'static str, chooser: Arc<dyn Chooser>, handler: F) -> Self
    where
        F: Fn(Delivery) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), ConsumerError>> + Send + 'static,
    {
        Self { chooser: Some(chooser), ..Self::new(name, &[EVERY_TYPE], handler) }
    }

    /// One that has no handler: its name and beginning, for what reads a log in another way.
    pub(super) fn reader(name: &'static str) -> Self {
        Self::new(name, &[], |_| async { Ok(()) })
    }

    /// Where it begins when it has never run; [`Start::Oldest`] if this is not called.
    #[must_use]
    pub fn start(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    /// How long its handler may take for one event; 10 s if this is not called. On SQLite nobody else writes meanwhile.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Whether it wants the log of every service.
    pub fn hears_everything(&self) -> bool {
        self.types.contains(&EVERY_TYPE)
    }

    /// The services that emit its types: what stands before the first dot of each. Of one that hears everything none is known.
    pub fn sources(&self) -> Vec<&'static str> {
        let mut sources: Vec<_> = self.types.iter().filter_map(|kind| kind.split_once('.')).map(|(source, _)| source).collect();
        sources.sort_unstable();
        sources.dedup();
        sources
    }

    pub(crate) fn wants(&self, kind: &str) -> bool {
        self.hears_everything() || self.types.contains(&kind)
    }

    /// Those that it is given.
    pub(crate) async fn chosen<'e>(&self, entries: &'e [Entry]) -> Result<Vec<&'e Entry>, StoreError> {
        let wanted = entries.iter().filter(|entry| self.wants(&entry.kind));
        let Some(chooser) = &self.chooser else { return Ok(wanted.collect()) };
        let chosen = chooser.choose(entries).await?;
        Ok(entries.iter().zip(chosen).filter_map(|(entry, chosen)| chosen.then_some(entry)).collect())
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer").field("name", &self.name).field("types", &self.types).finish_non_exhaustive()
    }
}
