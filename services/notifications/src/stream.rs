//! Who is to look into an inbox again because it has changed: in this process at once, elsewhere within a second.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

use banyan_kernel::Uuid;
use banyan_store::{EngineKind, Store, StoreError};
use parking_lot::Mutex;
use sea_orm::{ConnectionTrait, Statement};
use tokio::sync::watch;

use crate::store::make::BELL;

/// How many streams a person may have in a process, and all people together.
const MOST_OF_ONE: usize = 6;
const MOST: usize = 20_000;
/// How often other processes' changes are looked for that nobody tells of.
const LOOK: Duration = Duration::from_millis(500);
/// Where everything is heard by the bell; this is for what the bell may have missed.
const TOLD_LOOK: Duration = Duration::from_secs(5);
/// What was written by then is read again, as commits overtake one another.
const OVERLAP_SECONDS: i64 = 10;
const AT_A_TIME: u64 = 10_000;

/// A stream's ear. Dropped, it is forgotten.
pub(crate) struct Ear {
    /// Rises with each change.
    pub(crate) changes: watch::Receiver<u64>,
    hub: Weak<Hub>,
    key: (Uuid, Uuid),
    id: u64,
}

struct Listener {
    id: u64,
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    listeners: HashMap<(Uuid, Uuid), Vec<Listener>>,
    count: usize,
    next_id: u64,
    /// Somebody reads the signals.
    is_read: bool,
}

/// All streams of this process.
pub(crate) struct Hub {
    store: Store,
    state: Mutex<State>,
}

/// There are too many streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl Hub {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, state: Mutex::default() }
    }

    /// From here on the ear hears of each change of the person's inbox.
    pub(crate) fn listen(self: &Arc<Self>, tenant: Uuid, user: Uuid) -> Result<Ear, TooMany> {
        let (key, (changes, heard)) = ((tenant, user), watch::channel(0));
        let mut state = self.state.lock();
        let own = state.listeners.get(&key).map_or(0, Vec::len);
        if own >= MOST_OF_ONE || state.count >= MOST {
            return Err(TooMany);
        }
        state.next_id += 1;
        state.count += 1;
        let id = state.next_id;
        state.listeners.entry(key).or_default().push(Listener { id, changes });
        if !std::mem::replace(&mut state.is_read, true) {
            tokio::spawn(read_signals(Arc::downgrade(self), self.store.clone()));
        }
        Ok(Ear { changes: heard, hub: Arc::downgrade(self), key, id })
    }

    fn forget(&self, key: (Uuid, Uuid), id: u64) {
        let mut state = self.state.lock();
        let Some(listeners) = state.listeners.get_mut(&key) else { return };
        let before = listeners.len();
        listeners.retain(|listener| listener.id != id);
        let gone = before - listeners.len();
        if listeners.is_empty() {
            state.listeners.remove(&key);
        }
        state.count -= gone;
    }

    fn tell(&self, signal: &Signal) {
        let state = self.state.lock();
        let listeners = signal.user.and_then(|user| state.listeners.get(&(signal.tenant, user)));
        for listener in listeners.into_iter().flatten() {
            listener.changes.send_modify(|changes| *changes += 1);
        }
    }

    /// Everybody looks for himself: signals may have been missed.
    fn tell_all(&self) {
        for listener in self.state.lock().listeners.values().flatten() {
            listener.changes.send_modify(|changes| *changes += 1);
        }
    }

    /// Whether the reader may end: nobody listens any more.
    fn may_end(&self) -> bool {
        let mut state = self.state.lock();
        state.is_read = state.count > 0;
        !state.is_read
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        if let Some(hub) = self.hub.upgrade() {
            hub.forget(self.key, self.id);
        }
    }
}

struct Signal {
    id: Uuid,
    tenant: Uuid,
    user: Option<Uuid>,
}

async fn read_signals(hub: Weak<Hub>, store: Store) {
    let (bell, mut heard) = (store.bell(BELL), HashSet::new());
    loop {
        let read = signals(&store).await;
        let Some(hub) = hub.upgrade() else { return };
        if hub.may_end() {
            return;
        }
        match read {
            Ok(signals) => {
                if signals.len() as u64 == AT_A_TIME {
                    hub.tell_all();
                }
                for signal in signals.iter().filter(|signal| !heard.contains(&signal.id)) {
                    hub.tell(signal);
                }
                heard = signals.iter().map(|signal| signal.id).collect();
            }
            Err(error) => {
                tracing::warn!(%error, "changes of inboxes cannot be read; trying again");
                hub.tell_all();
            }
        }
        drop(hub);
        let is_told = store.kind() == EngineKind::Sqlite || store.is_told();
        let pause = if is_told { TOLD_LOOK } else { LOOK };
        tokio::select! {
            () = bell.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn signals(store: &Store) -> Result<Vec<Signal>, StoreError> {
    const SQL: &str = "SELECT id, tenant, user_id FROM inbox_signals WHERE created_at > $1 ORDER BY created_at DESC LIMIT $2";
    let rows = store.system(Uuid::nil());
    let read = rows.read(move |tx| async move {
        let values = [tx.now().plus_seconds(-OVERLAP_SECONDS).micros().into(), AT_A_TIME.into()];
        let rows = tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), SQL, values)).await?;
        let signal = |row: &sea_orm::QueryResult| {
            Ok(Signal { id: row.try_get("", "id")?, tenant: row.try_get("", "tenant")?, user: row.try_get("", "user_id")? })
        };
        rows.iter().map(signal).collect::<Result<Vec<_>, StoreError>>()
    });
    read.await
}
