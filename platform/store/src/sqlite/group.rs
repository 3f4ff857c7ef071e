//! Group commit. A disk flush costs far more than a small transaction, so those that wait for the writer share one:
//! each runs in a savepoint of the open transaction, and none is answered before the commit that carries all of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::Connection;
use crate::error::StoreError;

/// Members of one group at the most: bounds how long the first one waits.
const LARGEST_GROUP: usize = 256;
const ACQUIRE: Duration = Duration::from_secs(30);

pub(super) struct Writer {
    state: Arc<Mutex<State>>,
    waiting: Arc<AtomicUsize>,
}

struct State {
    connection: Connection,
    transaction: Open,
    /// Members whose savepoint is released and whose commit is still to come.
    group: Vec<oneshot::Sender<Result<(), StoreError>>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Yes,
    No,
}

/// The writer, held by one transaction; its savepoint is open.
pub(super) struct Turn {
    state: OwnedMutexGuard<State>,
    lock: Arc<Mutex<State>>,
    waiting: Arc<AtomicUsize>,
}

impl Writer {
    pub(super) fn new(connection: Connection) -> Self {
        let state = State { connection, transaction: Open::No, group: Vec::new() };
        Self { state: Arc::new(Mutex::new(state)), waiting: Arc::new(AtomicUsize::new(0)) }
    }

    /// Waits for the writer, first come first served, and opens a savepoint.
    pub(super) async fn take(&self) -> Result<Turn, StoreError> {
        let place = Place::enter(self);
        let state = tokio::time::timeout(ACQUIRE, self.state.clone().lock_owned())
            .await
            .map_err(|_| StoreError::Unavailable("the writer did not become free in 30 s".to_owned()))?;
        place.leave();
        let mut turn = Turn { state, lock: self.state.clone(), waiting: self.waiting.clone() };
        if turn.state.transaction == Open::No {
            turn.state.connection.control("BEGIN IMMEDIATE")?;
            turn.state.transaction = Open::Yes;
        }
        if let Err(error) = turn.state.connection.control("SAVEPOINT member") {
            turn.pass_on();
            return Err(error);
        }
        Ok(turn)
    }
}

impl Turn {
    pub(super) fn connection(&mut self) -> &mut Connection {
        &mut self.state.connection
    }

    /// Joins the group and waits for its commit.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        self.state.connection.unbind();
        if let Err(error) = self.state.connection.control("RELEASE member") {
            self.rollback();
            return Err(error);
        }
        let (sender, receiver) = oneshot::channel();
        self.state.group.push(sender);
        self.pass_on();
        receiver.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the writer stopped before the commit".to_owned())))
    }

    /// Undoes this member; the others of the group stay.
    pub(super) fn rollback(mut self) {
        self.state.connection.unbind();
        let undone =
            self.state.connection.control("ROLLBACK TO member").and_then(|()| self.state.connection.control("RELEASE member"));
        if let Err(error) = undone {
            // The whole transaction is gone (disk full, say): nobody of the group may believe in it.
            self.state.fail(&error);
        }
        self.pass_on();
    }

    /// Hands the writer to the next one waiting; the last one commits.
    fn pass_on(self) {
        let others_wait = self.waiting.load(Ordering::SeqCst) > 0;
        if others_wait && self.state.group.len() < LARGEST_GROUP {
            return;
        }
        flush(self.state, self.lock, self.waiting);
    }
}

impl State {
    fn flush(&mut self) {
        if self.transaction == Open::No {
            return;
        }
        if self.group.is_empty() {
            // Members that rolled back only: there is nothing to keep.
            let ended = self.connection.control("ROLLBACK");
            self.transaction = Open::No;
            if let Err(error) = ended {
                tracing::warn!(%error, "an empty transaction could not be ended");
            }
            return;
        }
        match self.connection.control("COMMIT") {
            Ok(()) => {
                self.transaction = Open::No;
                for member in self.group.drain(..) {
                    let _gone = member.send(Ok(()));
                }
            }
            Err(error) => self.fail(&error),
        }
    }

    fn fail(&mut self, error: &StoreError) {
        tracing::error!(%error, members = self.group.len(), "a group could not be committed");
        let _already_over = self.connection.control("ROLLBACK");
        self.transaction = Open::No;
        for member in self.group.drain(..) {
            let _gone = member.send(Err(error.clone()));
        }
    }
}

/// Commits on a thread that may block: the disk flush must not hold up a worker.
fn flush(mut state: OwnedMutexGuard<State>, lock: Arc<Mutex<State>>, waiting: Arc<AtomicUsize>) {
    if state.group.is_empty() {
        state.flush();
        return;
    }
    match Handle::try_current() {
        Ok(runtime) => {
            runtime.spawn_blocking(move || {
                state.flush();
                drop((state, lock, waiting));
            });
        }
        Err(_) => state.flush(),
    }
}

/// A place in the queue for the writer. If its owner gives up, a group that counted on it is committed.
struct Place<'a> {
    writer: &'a Writer,
    left: bool,
}

impl<'a> Place<'a> {
    fn enter(writer: &'a Writer) -> Self {
        writer.waiting.fetch_add(1, Ordering::SeqCst);
        Self { writer, left: false }
    }

    fn leave(mut self) {
        self.left = true;
        self.writer.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.left {
            return;
        }
        let still_waiting = self.writer.waiting.fetch_sub(1, Ordering::SeqCst) - 1;
        if still_waiting > 0 {
            return;
        }
        let (lock, waiting) = (self.writer.state.clone(), self.writer.waiting.clone());
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                let state = lock.clone().lock_owned().await;
                if waiting.load(Ordering::SeqCst) == 0 {
                    flush(state, lock, waiting);
                }
            });
        }
    }
}
