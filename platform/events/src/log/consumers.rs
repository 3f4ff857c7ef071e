//! All consumers of a service.

use std::sync::Arc;
use std::time::{Duration, Instant};

use banyan_kernel::Timestamp;
use banyan_store::log::{Log, Position};
use banyan_store::{EngineKind, Store, StoreError, Tx};
use parking_lot::Mutex;
use sea_orm::ConnectionTrait;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::batch::{Group, Pace};
use super::consumer::Consumer;
use super::failure::Failed;
use super::ownership::{BEAT, BELL, Division, Member, bookkeeping, statement};
use super::parked::Parked;
use super::relay::Relay;
use super::sink::{RelayCounts, RelayState, Sink};
use super::state::{Counters, GroupState};
use super::stream::Stream;

/// How long [`Consumers::drain`] waits for transactions that hold events back.
const PATIENCE: Duration = Duration::from_secs(30);

/// A consumer wants events of a service whose log is not here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the consumer `{consumer}` wants events of `{source_service}`, whose log is not at hand")]
pub struct NoSource {
    consumer: &'static str,
    source_service: &'static str,
}

/// What handles the events that a service wants. Cheap to clone.
#[derive(Clone)]
pub struct Consumers {
    store: Store,
    member: Arc<Member>,
    streams: Vec<Arc<Stream>>,
    relays: Vec<Arc<Relay>>,
    counters: Vec<(&'static str, Arc<Counters>)>,
}

impl Consumers {
    /// `store` is that of the service whose they are; `logs` are those that they read.
    ///
    /// # Errors
    /// When the log of a service whose events are wanted is not among them.
    pub fn new(store: &Store, consumers: Vec<Consumer>, logs: &[Log]) -> Result<Self, NoSource> {
        let at_hand = |source: &str| logs.iter().any(|log| log.service() == source);
        let mut wanted =
            consumers.iter().flat_map(|consumer| consumer.sources().into_iter().map(move |source| (consumer, source)));
        match wanted.find(|(_, source)| !at_hand(source)) {
            Some((consumer, source_service)) => Err(NoSource { consumer: consumer.name, source_service }),
            None => Ok(Self::of_logs_at_hand(store, consumers, logs)),
        }
    }

    /// As [`Consumers::new`]; what is said by services whose logs are not among `logs` is not heard. For tests of one service.
    pub fn of_logs_at_hand(store: &Store, consumers: Vec<Consumer>, logs: &[Log]) -> Self {
        let member = Arc::new(Member::new(store.clone()));
        let (mut streams, mut counters) = (Vec::new(), Vec::new());
        for consumer in consumers {
            let counted = Arc::new(Counters::default());
            counters.push((consumer.name, counted.clone()));
            let wanted = consumer.sources();
            for log in logs.iter().filter(|log| consumer.hears_everything() || wanted.contains(&log.service())) {
                let log = log.clone();
                streams.push(Stream::new(Group {
                    store: store.clone(),
                    consumer: consumer.clone(),
                    log,
                    member: member.clone(),
                    counters: counted.clone(),
                    parked: Mutex::new(Parked::default()),
                    pace: Pace::new(),
                }));
            }
        }
        Self { store: store.clone(), member, streams, relays: Vec::new(), counters }
    }

    /// Also gives the events of the service's own log to something outside.
    #[must_use]
    pub fn relayed_to(mut self, sink: Arc<dyn Sink>) -> Self {
        self.relays.push(Relay::new(&self.store, self.member.clone(), sink));
        self
    }

    /// How far what is outside has been given the log.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn relays(&self) -> Result<Vec<RelayState>, StoreError> {
        let mut states = Vec::new();
        for relay in &self.relays {
            states.push(relay.state().await?);
        }
        Ok(states)
    }

    /// What this process did for each sink.
    pub fn relay_counts(&self) -> Vec<(&'static str, RelayCounts)> {
        self.relays.iter().map(|relay| (relay.sink_name(), relay.counts())).collect()
    }

    pub fn service(&self) -> &'static str {
        self.store.service()
    }

    /// Their names.
    pub fn names(&self) -> Vec<&'static str> {
        self.counters.iter().map(|(name, _)| *name).collect()
    }

    /// The services that the consumer of this name hears.
    pub fn sources(&self, consumer: &str) -> Vec<&'static str> {
        let streams = self.streams.iter().filter(|stream| stream.group.consumer.name == consumer);
        streams.map(|stream| stream.group.log.service()).collect()
    }

    /// The log of a service that one of them reads.
    pub fn log(&self, source: &str) -> Option<&Log> {
        self.streams.iter().map(|stream| &stream.group.log).find(|log| log.service() == source)
    }

    /// What each did in this process.
    pub fn counters(&self) -> &[(&'static str, Arc<Counters>)] {
        &self.counters
    }

    /// Notes where those begin that are new here. Before anything that they must hear happens: one that starts at [`Start::Now`](super::Start::Now) hears
    /// nothing of what was said before this.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn note_beginnings(&self) -> Result<(), StoreError> {
        for stream in &self.streams {
            self.member.note_beginning(&stream.group.consumer, &stream.group.log).await?;
        }
        Ok(())
    }

    /// Runs them until `stop` becomes true, then lets go of what this process owns.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        if self.streams.is_empty() && self.relays.is_empty() {
            return;
        }
        let mut tasks = JoinSet::new();
        if let Err(error) = self.member.beat().await {
            tracing::warn!(service = self.service(), %error, "this process cannot say that it lives; trying again");
        }
        for stream in &self.streams {
            tasks.spawn(stream.clone().run(stop.clone()));
            let (log, stop) = (stream.group.log.clone(), stop.clone());
            tasks.spawn(async move { log.poll(stop).await });
        }
        for relay in &self.relays {
            tasks.spawn(relay.clone().run(stop.clone()));
            let (log, stop) = (relay.log(), stop.clone());
            tasks.spawn(async move { log.poll(stop).await });
        }
        let bell = self.store.bell(BELL);
        while !*stop.borrow() {
            tokio::select! {
                () = tokio::time::sleep(BEAT) => {}
                () = bell.notified() => self.member.change(),
                _ = stop.changed() => break,
            }
            if let Err(error) = self.member.beat().await {
                tracing::warn!(service = self.service(), %error, "this process cannot say that it lives; trying again");
            }
        }
        while tasks.join_next().await.is_some() {}
        if let Err(error) = self.leave().await {
            tracing::warn!(service = self.service(), %error, "partitions are free only after some seconds");
        }
    }

    async fn leave(&self) -> Result<(), StoreError> {
        for stream in &self.streams {
            stream.finish().await?;
        }
        self.member.leave().await
    }

    /// Handles all that is due now, taking partitions from whoever has them; says how many events it looked at. For tests, and for
    /// programs that end.
    ///
    /// # Errors
    /// What the engine says. A handler's failure is no error: its event waits.
    pub async fn drain(&self) -> Result<usize, StoreError> {
        let begun = Instant::now();
        let mut sum = 0;
        loop {
            // Asked before the step: what held events back may end in between, and then they are not looked at yet.
            let held_back = self.is_held_back().await?;
            let mut done = 0;
            for stream in &self.streams {
                done += stream.step(Division::Everything).await.map_err(store_error)?;
            }
            sum += done;
            if done == 0 && !(held_back && begun.elapsed() < PATIENCE) {
                for stream in &self.streams {
                    stream.finish().await?;
                }
                return Ok(sum);
            }
            if done == 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }

    async fn is_held_back(&self) -> Result<bool, StoreError> {
        for stream in &self.streams {
            if stream.group.log.is_unsettled().await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Who stands where.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn states(&self) -> Result<Vec<GroupState>, StoreError> {
        let mut states = Vec::new();
        for stream in &self.streams {
            states.push(stream.group.state().await?);
        }
        Ok(states)
    }

    /// Deletes the rows that say what was handled, of events that happened before `before`; says how many. Their events must be gone from
    /// the logs.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn tidy(&self, before: Timestamp) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM consumed_events WHERE id < $1";
        let millis = u128::from(before.micros().max(0).unsigned_abs() / 1_000);
        let least = banyan_kernel::Uuid::from_u128(millis << 80);
        let delete = move |tx: Tx| async move {
            Ok::<_, StoreError>(tx.execute_raw(statement(&tx, SQL, vec![least.into()])).await?.rows_affected())
        };
        bookkeeping(&self.store).write(delete).await
    }

    /// Lets a consumer handle everything after a place again; false if there is none of that name that reads that log. What waits there
    /// or is dead is read again, too.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn replay(&self, consumer: &str, source: &str, after: Position) -> Result<bool, StoreError> {
        const BACK: &str = "UPDATE consumer_partitions SET era = $1, position = $2, owner = NULL, fence = fence + 1 \
            WHERE consumer = $3 AND source = $4 AND (era, position) > ($1, $2)";
        const FORGET: &str = "DELETE FROM parked_events WHERE consumer = $1 AND source = $2 AND (era, position) > ($3, $4)";
        const AGAIN: &str = "DELETE FROM consumed_events WHERE id = $1";
        let found = self.streams.iter().find(|one| one.group.consumer.name == consumer && one.group.log.service() == source);
        let Some(stream) = found else { return Ok(false) };
        let (name, source) = (stream.group.consumer.name, stream.group.log.service());
        let mut place = after;
        loop {
            let entries = stream.group.log.read(place, 512).await?;
            let Some(last) = entries.last() else { break };
            place = last.place();
            let wanted = entries.iter().filter(|entry| stream.group.consumer.wants(&entry.kind));
            let ids: &Vec<_> = &wanted.map(|entry| super::event::consumption(name, entry.id)).collect();
            let forget = move |tx: Tx| async move {
                for id in ids {
                    tx.execute_raw(statement(&tx, AGAIN, vec![(*id).into()])).await?;
                }
                Ok::<_, StoreError>(())
            };
            bookkeeping(&self.store).write(forget).await?;
        }
        let back = move |tx: Tx| async move {
            let values = vec![after.era.into(), after.number.into(), name.into(), source.into()];
            tx.execute_raw(statement(&tx, BACK, values)).await?;
            let values = vec![name.into(), source.into(), after.era.into(), after.number.into()];
            tx.execute_raw(statement(&tx, FORGET, values)).await?;
            tx.ring(BELL);
            Ok::<_, StoreError>(())
        };
        bookkeeping(&self.store).write(back).await?;
        stream.group.log.wake();
        Ok(true)
    }

    /// Whether processes share the work.
    pub fn is_shared(&self) -> bool {
        self.store.kind() == EngineKind::Postgres
    }
}

fn store_error(failed: Failed) -> StoreError {
    match failed {
        Failed::Store(error) => error,
        other => StoreError::Database(other.to_string()),
    }
}
