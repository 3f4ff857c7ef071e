//! Statements and transactions that have not come to their end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deadpool_postgres::ClientWrapper;

use super::pool::Connection;

/// A connection whose state is not known: closed on drop, never given back.
pub(super) struct Unfinished {
    connection: Arc<Connection>,
    state: ConnectionState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ConnectionState {
    Unknown,
    /// The end of the transaction was acknowledged, or is on its way before whatever the next user sends.
    Idle,
}

impl Unfinished {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection, state: ConnectionState::Unknown }
    }

    pub(super) fn client(&self) -> &ClientWrapper {
        self.connection.client()
    }

    pub(super) fn finished(mut self) {
        self.state = ConnectionState::Idle;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.state == ConnectionState::Unknown {
            self.connection.give_up();
        }
    }
}

/// Forgotten when the answer has come; dropped with the statement otherwise.
pub(super) struct Flight<'a> {
    interrupted: &'a AtomicBool,
}

impl<'a> Flight<'a> {
    pub(super) fn new(interrupted: &'a AtomicBool) -> Self {
        Self { interrupted }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.interrupted.store(true, Ordering::SeqCst);
    }
}
