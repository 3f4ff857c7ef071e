//! The newest snapshot of each tenant and environment.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};

use ahash::AHashMap;
use arc_swap::{ArcSwap, ArcSwapOption};
use banyan_kernel::Uuid;
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::changes::{Changes, Log};
use crate::counts::Tally;
use crate::{Count, Scope, Snapshot};

/// Replaced snapshots whose counts were not taken yet, of each environment.
const MOST_RETIRED: usize = 1_024;

/// A process's flags. Cheap to clone; all clones are the same.
#[derive(Clone, Default)]
pub struct Features(Arc<Inner>);

#[derive(Default)]
struct Inner {
    rooms: ArcSwap<Rooms>,
    /// Held while a room is made.
    making: Mutex<()>,
    is_complete: AtomicBool,
}

#[derive(Clone, Default)]
struct Rooms(AHashMap<Uuid, HashMap<Arc<str>, Arc<Room>>>);

/// A tenant's flags in one environment.
struct Room {
    snapshot: ArcSwapOption<Snapshot>,
    /// The revision of the snapshot; -1 while there is none.
    revision: watch::Sender<i64>,
    /// Held while the snapshot is replaced, so that log and snapshot are of one revision.
    log: Mutex<Log>,
    /// Of snapshots that were replaced and may still be in somebody's hands.
    retired: Mutex<Vec<Arc<Tally>>>,
}

impl Features {
    /// The newest snapshot: nothing waits, and what holds it sees one state.
    pub fn get(&self, tenant: Uuid, environment: &str) -> Option<Arc<Snapshot>> {
        self.0.rooms.load().room(tenant, environment)?.snapshot.load_full()
    }

    /// Takes the snapshot, unless a newer one is there. Whoever asks from now on sees it. False: a newer one, or the same revision with the
    /// same content, stayed.
    pub fn put(&self, snapshot: Snapshot) -> bool {
        self.take(snapshot, |old, new| {
            new.revision() > old.revision() || new.revision() == old.revision() && new.fingerprint() != old.fingerprint()
        })
    }

    /// Takes the snapshot although a newer one may be there: the store was set back to how it was before.
    pub fn replace(&self, snapshot: Snapshot) {
        self.take(snapshot, |_, _| true);
    }

    /// Forgets a tenant's flags in one environment: it is no more.
    pub fn remove(&self, tenant: Uuid, environment: &str) {
        let _making = self.0.making.lock();
        let mut rooms = Rooms::clone(&self.0.rooms.load());
        if let Some(of_tenant) = rooms.0.get_mut(&tenant) {
            of_tenant.remove(environment);
        }
        rooms.0.retain(|_, of_tenant| !of_tenant.is_empty());
        self.0.rooms.store(Arc::new(rooms));
    }

    /// From here on what is not here is nowhere: whoever fills this has put in all there is, from the store or from what was kept of it.
    pub fn complete(&self) {
        self.0.is_complete.store(true, Ordering::Release);
    }

    /// Whether an environment without a snapshot has no flags. Before, they are only not known yet, and nobody must be told that all is off.
    pub fn is_complete(&self) -> bool {
        self.0.is_complete.load(Ordering::Acquire)
    }

    /// Every tenant and environment that has a snapshot.
    pub fn known(&self) -> Vec<(Uuid, Arc<str>)> {
        let rooms = self.0.rooms.load();
        let known = rooms.all().filter(|(_, _, room)| room.snapshot.load().is_some());
        known.map(|(tenant, environment, _)| (tenant, environment.clone())).collect()
    }

    /// Tells of each new revision of a tenant's environment; -1 while there is none. It ends when the environment is removed.
    pub fn changed(&self, tenant: Uuid, environment: &str) -> watch::Receiver<i64> {
        self.room(tenant, environment).revision.subscribe()
    }

    /// What a client must be told that has `since`, a revision; everything where it has none, or was away for too long. None where nothing
    /// changed for it, or there are no flags.
    pub fn changes(&self, tenant: Uuid, environment: &str, since: Option<i64>, scope: &Scope) -> Option<Changes> {
        let rooms = self.0.rooms.load();
        let room = rooms.room(tenant, environment)?;
        let log = room.log.lock();
        let snapshot = room.snapshot.load_full()?;
        log.since(since, scope, &snapshot)
    }

    /// What was counted since it was taken last, in all environments of all tenants.
    pub fn take_counts(&self) -> Vec<Count> {
        let (rooms, mut counts) = (self.0.rooms.load(), Vec::new());
        for (tenant, environment, room) in rooms.all() {
            room.retired.lock().retain(|tally| {
                // Asked first: who holds it may count until it lets go.
                let is_held = Arc::strong_count(tally) > 1;
                fence(Ordering::Acquire);
                tally.take(tenant, environment, &mut counts);
                is_held
            });
            if let Some(snapshot) = room.snapshot.load_full() {
                snapshot.tally.take(tenant, environment, &mut counts);
            }
        }
        counts
    }

    fn take(&self, snapshot: Snapshot, goes_before: impl FnOnce(&Snapshot, &Snapshot) -> bool) -> bool {
        let room = self.room(snapshot.tenant(), snapshot.environment());
        let mut log = room.log.lock();
        let (old, revision) = (room.snapshot.load_full(), snapshot.revision());
        match &old {
            Some(old) if !goes_before(old, &snapshot) => return false,
            Some(old) if revision > old.revision() => log.add(old, &snapshot),
            Some(_) | None => *log = Log::beginning_at(revision),
        }
        room.snapshot.store(Some(Arc::new(snapshot)));
        drop(log);
        if let Some(old) = old {
            let mut retired = room.retired.lock();
            // Where nobody takes the counts, the oldest are lost.
            if retired.len() >= MOST_RETIRED {
                retired.remove(0);
            }
            retired.push(old.tally.clone());
        }
        room.revision.send_replace(revision);
        true
    }

    fn room(&self, tenant: Uuid, environment: &str) -> Arc<Room> {
        if let Some(room) = self.0.rooms.load().room(tenant, environment) {
            return room.clone();
        }
        let _making = self.0.making.lock();
        let mut rooms = Rooms::clone(&self.0.rooms.load());
        let room = rooms.0.entry(tenant).or_default().entry(environment.into()).or_default().clone();
        self.0.rooms.store(Arc::new(rooms));
        room
    }
}

impl Rooms {
    fn room(&self, tenant: Uuid, environment: &str) -> Option<&Arc<Room>> {
        self.0.get(&tenant)?.get(environment)
    }

    fn all(&self) -> impl Iterator<Item = (Uuid, &Arc<str>, &Arc<Room>)> {
        self.0.iter().flat_map(|(tenant, rooms)| rooms.iter().map(|(environment, room)| (*tenant, environment, room)))
    }
}

impl Default for Room {
    fn default() -> Self {
        Self {
            snapshot: ArcSwapOption::empty(),
            revision: watch::Sender::new(-1),
            log: Mutex::default(),
            retired: Mutex::default(),
        }
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Features").field("known", &self.known().len()).finish_non_exhaustive()
    }
}
