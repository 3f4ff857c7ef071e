//! One consumer following one log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use banyan_store::log::Position;
use banyan_store::{EngineKind, StoreError};
use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::sync::{Mutex, watch};

use super::PARTITIONS;
use super::batch::{Group, Place, Work};
use super::event::Item;
use super::failure::Failed;
use super::ownership::{BEAT, Divided, Division, Owned};

/// Events read at a time.
const CHUNK: u32 = 512;
/// How often readers say at the log how far they are.
const NOTE: Duration = Duration::from_secs(10);
/// How long to wait after an error of the engine.
const AFTER_AN_ERROR: Duration = Duration::from_secs(1);
/// Looks again, each after twice the time of the one before, for an event whose transaction others overlap.
const QUICK_LOOKS: u32 = 6;

pub(super) struct Stream {
    pub(super) group: Group,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    owned: Owned,
    divided: Option<Divided>,
    /// Places that moved over events that the consumer does not want.
    unwritten: bool,
    noted: Option<(Instant, Position)>,
}

impl Stream {
    pub(super) fn new(group: Group) -> Arc<Self> {
        Arc::new(Self { group, state: Mutex::default() })
    }

    pub(super) async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let (mut woken, mut changes) = (self.group.log.woken(), self.group.member.changes());
        let mut looks = 0;
        while !*stop.borrow() {
            woken.borrow_and_update();
            changes.borrow_and_update();
            let pause = match self.step(Division::Shared).await {
                Ok(0) => self.pause().await,
                Ok(_) => {
                    looks = 0;
                    tokio::task::yield_now().await;
                    continue;
                }
                Err(error) => {
                    self.forget().await;
                    tracing::warn!(consumer = self.group.consumer.name, source = self.group.log.service(), %error,
                        "events cannot be handled; trying again");
                    AFTER_AN_ERROR
                }
            };
            let quick = Duration::from_millis(1 << looks);
            let is_quick = looks < QUICK_LOOKS && self.group.store.kind() == EngineKind::Postgres;
            tokio::select! {
                changed = woken.changed() => looks = if changed.is_ok() { 0 } else { QUICK_LOOKS },
                () = tokio::time::sleep(quick), if is_quick => looks += 1,
                // Its sender is the member, which outlives the stream.
                _ = changes.changed() => {}
                () = tokio::time::sleep(self.until_due(pause)) => {}
                _ = stop.changed() => {}
            }
        }
    }

    fn until_due(&self, most: Duration) -> Duration {
        let now = self.group.store.environment().clock.now().micros();
        let due = self.group.parked.lock().next_due().map(|due| due.saturating_sub(now).max(1_000).unsigned_abs());
        due.map_or(most, |due| most.min(Duration::from_micros(due)))
    }

    async fn pause(&self) -> Duration {
        let state = self.state.lock().await;
        if state.unwritten { BEAT } else { self.group.member.pause(state.divided) }
    }

    async fn forget(&self) {
        *self.state.lock().await = State::default();
    }

    /// Does what there is to do now, up to one chunk; says how many events it looked at.
    pub(super) async fn step(&self, division: Division) -> Result<usize, Failed> {
        let mut state = self.state.lock().await;
        // What was passed over is not kept in memory alone for longer.
        let is_due = state.unwritten && state.divided.is_some_and(|divided| divided.age() >= BEAT);
        if division == Division::Everything || is_due || self.group.member.is_outdated(state.divided) {
            self.divide(&mut state, division).await?;
        }
        let tried = match self.group.run_due().await {
            Err(Failed::LostPartition) => {
                *state = State::default();
                return Ok(1);
            }
            tried => tried?,
        };
        let read = match self.read(&mut state).await {
            Err(Failed::LostPartition) => {
                *state = State::default();
                return Ok(1);
            }
            read => read?,
        };
        Ok(tried + read)
    }

    async fn divide(&self, state: &mut State, division: Division) -> Result<(), StoreError> {
        let group = &self.group;
        self.write_places(state).await?;
        let (share, divided) = group.member.divide(&group.consumer, &group.log, division).await?;
        for (at, known) in state.owned.iter_mut().enumerate() {
            *known = match (*known, share.kept[at]) {
                // What was passed over may not be written yet.
                (Some(known), Some(kept)) => Some(known.max(kept)),
                (_, kept) => kept.or(share.taken[at]),
            };
        }
        *group.parked.lock() = group.load_parked(&state.owned).await?;
        state.divided = Some(divided);
        self.note(state).await
    }

    /// Keeps places that moved without an effect.
    async fn write_places(&self, state: &mut State) -> Result<(), StoreError> {
        if !std::mem::take(&mut state.unwritten) {
            return Ok(());
        }
        let group = &self.group;
        for lane in 0..group.lanes() {
            let mine = || (0..PARTITIONS).filter(|at| at % group.lanes() == lane).filter_map(|at| state.owned[at]);
            let Some(target) = mine().min() else { continue };
            let place = Place { lane, owned: mine().count() as u64, target };
            let written =
                super::ownership::bookkeeping(&group.store).write(move |tx| async move { group.move_on(&tx, place).await }).await;
            match written {
                Ok(()) | Err(Failed::LostPartition) => {}
                Err(Failed::Store(error)) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Says at the log how far this reader is, if it is the one with the first partition.
    async fn note(&self, state: &mut State) -> Result<(), StoreError> {
        let Some(first) = state.owned[0] else { return Ok(()) };
        let is_new = state.noted.is_none_or(|(at, place)| at.elapsed() >= NOTE && place != first);
        if !is_new {
            return Ok(());
        }
        let group = &self.group;
        let least = group.least_place().await?;
        group.log.note_reader(&group.reader(), least).await?;
        state.noted = Some((Instant::now(), first));
        Ok(())
    }

    async fn read(&self, state: &mut State) -> Result<usize, Failed> {
        let group = &self.group;
        let Some(after) = state.owned.iter().flatten().min().copied() else { return Ok(0) };
        if group.parked.lock().is_full() {
            return Ok(0);
        }
        let entries = group.log.read(after, CHUNK).await?;
        let Some(end) = entries.last().map(banyan_store::log::Entry::place) else { return Ok(0) };
        let lanes = group.lanes();
        let mut items: Vec<Vec<Item>> = (0..lanes).map(|_| Vec::new()).collect();
        for entry in group.consumer.chosen(&entries).await? {
            let item = Item::new(group.consumer.name, group.log.service(), entry);
            if state.owned[item.partition].is_some_and(|place| place < item.place) {
                items[item.partition % lanes].push(item);
            }
        }
        let mut works = Vec::with_capacity(lanes);
        for (lane, items) in items.into_iter().enumerate().filter(|(_, items)| !items.is_empty()) {
            let owned = (0..PARTITIONS).filter(|at| at % lanes == lane && state.owned[*at].is_some()).count() as u64;
            works.push(group.work(Work { lane, owned, items, end }).boxed());
        }
        let outcomes = join_all(works).await;
        state.unwritten |= outcomes.len() < lanes;
        for outcome in outcomes {
            outcome?;
        }
        for place in state.owned.iter_mut().flatten() {
            *place = (*place).max(end);
        }
        Ok(entries.len())
    }

    /// In good order: what was passed over is kept.
    pub(super) async fn finish(&self) -> Result<(), StoreError> {
        let mut state = self.state.lock().await;
        self.write_places(&mut state).await
    }
}
