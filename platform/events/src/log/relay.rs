//! A log on its way into a [`Sink`]: like a consumer, with partitions and owners, but its place moves when the sink has acknowledged.
//!
//! So an event comes at least once, whatever dies when, and in order for each tenant and subject. Beside the places stands what the sink
//! acknowledged last. Where the sink has it no longer, everything that the log still holds is sent again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use banyan_contracts::CloudEvent;
use banyan_store::log::{Log, Position};
use banyan_store::{EngineKind, Store, StoreError, Tx};
use tokio::sync::{Mutex, watch};

use super::consumer::Consumer;
use super::event::Item;
use super::marks;
use super::ownership::{BEAT, Divided, Division, Member, Owned, bookkeeping};
use super::sink::{Counting, Last, Mark, RelayCounts, RelayState, Sink, SinkError};

/// Events read, and given to the sink, at a time.
const CHUNK: u32 = 256;
/// How often the log is told how far this reader is.
const NOTE: Duration = Duration::from_secs(10);
/// After a failure the next try waits so long, and twice as long after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Looks again for an event whose transaction others overlap, each after twice the time of the one before.
const QUICK_LOOKS: u32 = 6;
/// Events counted for the lag at the most.
const MOST_LAG: u32 = 100_000;

/// Why a step was not finished.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stopped {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// Another process has it, or was told to begin again: what was acknowledged meanwhile is sent once more.
    #[error("the partition is another process's")]
    LostPartition,
}

pub(super) struct Relay {
    store: Store,
    /// Its name and beginning: what divides partitions knows consumers.
    follower: Consumer,
    member: Arc<Member>,
    sink: Arc<dyn Sink>,
    counting: Counting,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    owned: Owned,
    divided: Option<Divided>,
    opened: Option<Seen>,
    noted: Option<(Instant, Position)>,
}

/// The sink as it was found.
struct Seen {
    epoch: u64,
    identity: String,
    at: Instant,
}

impl Seen {
    fn counts(&self, sink: &dyn Sink) -> bool {
        self.epoch == sink.epoch() && sink.look_every().is_none_or(|every| self.at.elapsed() < every)
    }
}

impl Relay {
    pub(super) fn new(store: &Store, member: Arc<Member>, sink: Arc<dyn Sink>) -> Arc<Self> {
        let follower = Consumer::reader(sink.name());
        Arc::new(Self { store: store.clone(), follower, member, sink, counting: Counting::default(), state: Mutex::default() })
    }

    pub(super) fn log(&self) -> Log {
        self.store.log()
    }

    pub(super) async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let log = self.log();
        let mut woken = log.woken();
        let (mut looks, mut failures) = (0_u32, 0_u32);
        while !*stop.borrow() {
            woken.borrow_and_update();
            let pause = tokio::select! {
                // What is given up in the middle is sent again.
                _ = stop.changed() => break,
                step = self.step() => match step {
                    Ok(0) => BEAT,
                    Ok(_) => {
                        (looks, failures) = (0, 0);
                        continue;
                    }
                    Err(Stopped::LostPartition) => {
                        *self.state.lock().await = State::default();
                        continue;
                    }
                    Err(stopped) => {
                        failures = failures.saturating_add(1);
                        self.stumble(&stopped).await;
                        FIRST_PAUSE.saturating_mul(1 << failures.min(6)).min(LONGEST_PAUSE)
                    }
                },
            };
            let quick = Duration::from_millis(1 << looks);
            let is_quick = pause == BEAT && looks < QUICK_LOOKS && self.store.kind() == EngineKind::Postgres;
            tokio::select! {
                changed = woken.changed(), if pause == BEAT => looks = if changed.is_ok() { 0 } else { QUICK_LOOKS },
                () = tokio::time::sleep(quick), if is_quick => looks += 1,
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }

    async fn stumble(&self, stopped: &Stopped) {
        self.state.lock().await.opened = None;
        let why = stopped.to_string();
        if self.counting.failed(&why) {
            tracing::warn!(
                service = self.store.service(),
                sink = self.sink.name(),
                error = why,
                "events do not leave for outside; trying again until they do"
            );
        }
    }

    /// Does what there is to do now, up to one chunk; says how many events it looked at.
    async fn step(&self) -> Result<usize, Stopped> {
        let mut state = self.state.lock().await;
        if self.member.is_outdated(state.divided) {
            self.divide(&mut state).await?;
        }
        if state.owned.iter().all(Option::is_none) {
            return Ok(0);
        }
        let (epoch, identity) = match &state.opened {
            Some(seen) if seen.counts(&*self.sink) => (seen.epoch, seen.identity.clone()),
            _ => {
                let seen = self.open().await?;
                let found = (seen.epoch, seen.identity.clone());
                state.opened = Some(seen);
                // Another process may have found it empty first, and begun again for all: what is known here of places is older.
                self.divide(&mut state).await?;
                found
            }
        };
        let Some(after) = state.owned.iter().flatten().min().copied() else { return Ok(0) };
        let entries = self.log().read(after, CHUNK).await?;
        let Some(end) = entries.last().map(banyan_store::log::Entry::place) else { return Ok(0) };
        let items = entries.iter().map(|entry| Item::new(self.follower.name, self.store.service(), entry));
        let owned = &state.owned;
        let mine = items.filter(|item| owned[item.partition].is_some_and(|place| place < item.place));
        let events: Vec<Arc<CloudEvent>> = mine.map(|item| item.event).collect();
        let last = self.hand_over(events, epoch).await?;
        self.move_on(&state.owned, end, Mark { identity, last }).await?;
        for place in state.owned.iter_mut().flatten() {
            *place = (*place).max(end);
        }
        Ok(entries.len())
    }

    async fn hand_over(&self, events: Vec<Arc<CloudEvent>>, epoch: u64) -> Result<Option<Last>, Stopped> {
        let count = events.len();
        if count == 0 {
            return Ok(None);
        }
        let last = self.sink.send(self.store.service(), epoch, events).await?;
        if epoch != self.sink.epoch() {
            return Err(SinkError("the connection changed in between".to_owned()).into());
        }
        self.counting.sent(count, self.store.environment().clock.now());
        Ok(last)
    }

    async fn divide(&self, state: &mut State) -> Result<(), StoreError> {
        let (share, divided) = self.member.divide(&self.follower, &self.log(), Division::Shared).await?;
        for (at, known) in state.owned.iter_mut().enumerate() {
            *known = share.kept[at].or(share.taken[at]);
        }
        state.divided = Some(divided);
        self.note(state).await
    }

    /// Says at the log how far this reader is, if it is the one with the first partition.
    async fn note(&self, state: &mut State) -> Result<(), StoreError> {
        let Some(first) = state.owned[0] else { return Ok(()) };
        if !state.noted.is_none_or(|(at, place)| at.elapsed() >= NOTE && place != first) {
            return Ok(());
        }
        let least = marks::places(&self.store, self.follower.name).await?.least;
        self.log().note_reader(self.follower.name, least).await?;
        state.noted = Some((Instant::now(), first));
        Ok(())
    }

    /// Makes sure that what was acknowledged is still there.
    async fn open(&self) -> Result<Seen, Stopped> {
        let (at, name) = (Instant::now(), self.follower.name);
        let noted = &marks::read(&self.store, name).await?;
        let opened = self.sink.open(self.store.service(), noted.as_ref()).await?;
        let new = &Mark { identity: opened.identity.clone(), last: None };
        if let Some(why) = opened.lost {
            let store = &self.store;
            let begun = move |tx: Tx| async move { marks::start_over(&tx, store.service(), name, noted.as_ref(), new).await };
            if bookkeeping(&self.store).write(begun).await? {
                self.counting.refilled();
                tracing::warn!(
                    service = self.store.service(),
                    sink = self.sink.name(),
                    why,
                    "what was acknowledged is lost there; everything that the log has is sent again"
                );
            }
            return Err(Stopped::LostPartition);
        }
        let agreed = match noted {
            None => {
                bookkeeping(&self.store).write(move |tx: Tx| async move { marks::create(&tx, name, new).await }).await?;
                true
            }
            Some(noted) if noted.identity == opened.identity => true,
            Some(noted) => {
                let rename = move |tx: Tx| async move { marks::rename(&tx, name, noted, new).await };
                bookkeeping(&self.store).write(rename).await?
            }
        };
        if !agreed {
            return Err(Stopped::LostPartition);
        }
        self.counting.opened();
        Ok(Seen { epoch: opened.epoch, identity: opened.identity, at })
    }

    /// Moves the places of all that this process owns, and writes down what the sink has.
    async fn move_on(&self, owned: &Owned, end: Position, mark: Mark) -> Result<(), Stopped> {
        let count = owned.iter().flatten().count() as u64;
        let (service, name, node, mark) = (self.store.service(), self.follower.name, self.member.node, &mark);
        let write = move |tx: Tx| async move {
            if marks::move_places(&tx, service, name, node, end).await? != count || !marks::note(&tx, name, mark).await? {
                return Err(Stopped::LostPartition);
            }
            Ok(())
        };
        bookkeeping(&self.store).write(write).await
    }

    pub(super) async fn state(&self) -> Result<RelayState, StoreError> {
        let places = marks::places(&self.store, self.follower.name).await?;
        let mark = marks::read(&self.store, self.follower.name).await?;
        Ok(RelayState {
            service: self.store.service().to_owned(),
            sink: self.sink.name().to_owned(),
            place: places.least.to_string(),
            lag: self.log().count_all_after(places.least, MOST_LAG).await?,
            owners: places.owners,
            sequence: mark.and_then(|mark| mark.last).map(|last| last.sequence),
            here: self.counting.read(),
        })
    }

    pub(super) fn counts(&self) -> RelayCounts {
        self.counting.read()
    }

    pub(super) fn sink_name(&self) -> &'static str {
        self.sink.name()
    }
}
