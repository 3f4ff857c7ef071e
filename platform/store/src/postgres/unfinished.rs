//! A connection on which a transaction has not come to its end.

use std::sync::Arc;

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
