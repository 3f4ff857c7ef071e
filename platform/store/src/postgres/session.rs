//! A transaction on PostgreSQL.
//!
//! `BEGIN`, role and settings travel together with the first statement in one round trip (the protocol pipelines), and a
//! read's end is sent without waiting for its acknowledgement. A write's end is waited for, whichever it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deadpool_postgres::Client;
use futures_util::FutureExt;
use parking_lot::Mutex;
use sea_orm::{ProxyRow, Statement};

use super::driver::{self, failed};
use super::pool::Connection;
use crate::context::{Context, Elevated};
use crate::error::StoreError;
use crate::rows::Mode;

/// Everything the policies know, for the length of the transaction.
pub(crate) const SETTINGS: &str = "SELECT set_config('role', $1, true), set_config('banyan.tenant', $2, true), \
    set_config('banyan.user', $3, true), set_config('banyan.actor', $4, true), set_config('banyan.roles', $5, true), \
    set_config('banyan.organisations', $6, true), set_config('banyan.elevated', $7, true)";

pub(crate) struct PostgresSession {
    connection: Mutex<Option<Arc<Connection>>>,
    mode: Mode,
    settings: [String; 7],
    context: Context,
    started: tokio::sync::OnceCell<()>,
    /// A statement was dropped before its answer came: the connection is given up rather than made to wait for it.
    interrupted: AtomicBool,
    met_another: AtomicBool,
}

impl PostgresSession {
    pub(super) fn new(connection: Connection, mode: Mode, role: &str, context: Context) -> Self {
        Self {
            connection: Mutex::new(Some(Arc::new(connection))),
            mode,
            settings: settings(role, &context),
            context,
            started: tokio::sync::OnceCell::new(),
            interrupted: AtomicBool::new(false),
            met_another: AtomicBool::new(false),
        }
    }

    pub(crate) async fn query(&self, statement: &Statement) -> Result<Vec<ProxyRow>, StoreError> {
        let connection = self.connection()?;
        let run = driver::query(connection.client(), statement);
        self.run(connection.client(), run).await
    }

    pub(crate) async fn execute(&self, statement: &Statement) -> Result<u64, StoreError> {
        let connection = self.connection()?;
        let run = driver::execute(connection.client(), statement);
        self.run(connection.client(), run).await
    }

    pub(crate) async fn as_platform(&self) -> Result<(), StoreError> {
        let connection = self.connection()?;
        let settings = settings(&self.settings[0], &self.context.as_platform());
        let run = async { apply(connection.client(), &settings).await };
        self.run(connection.client(), run).await
    }

    /// Starts the transaction if this is its first statement, and runs the statement in the same round trip.
    async fn run<T>(&self, connection: &Client, statement: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let flight = Flight { interrupted: &self.interrupted };
        let start = self.started.get_or_try_init(|| self.start(connection));
        let result = if self.started.initialized() {
            statement.await
        } else {
            // Both are sent before either is answered; the order of polling is the order of sending.
            let (started, result) = futures_util::future::join(start, statement).await;
            started.and(result)
        };
        std::mem::forget(flight);
        result.inspect_err(|error| {
            if matches!(error, StoreError::Conflict) {
                self.met_another.store(true, Ordering::Relaxed);
            }
        })
    }

    async fn start(&self, connection: &Client) -> Result<(), StoreError> {
        let begin = match self.mode {
            Mode::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Mode::Write => "BEGIN",
        };
        let begin = async { connection.batch_execute(begin).await.map_err(failed) };
        let (begun, set) = futures_util::future::join(begin, apply(connection, &self.settings)).await;
        begun.and(set)
    }

    pub(crate) async fn commit(&self) -> Result<(), StoreError> {
        let connection = self.take()?;
        if !self.started.initialized() {
            return Ok(());
        }
        match self.mode {
            Mode::Read => {
                send_and_forget(connection.client(), "COMMIT");
                Ok(())
            }
            Mode::Write => {
                let mut guard = Unfinished(Some(connection));
                let result = match &guard.0 {
                    Some(connection) => connection.client().batch_execute("COMMIT").await.map_err(failed),
                    None => Ok(()),
                };
                if result.is_ok() {
                    guard.0 = None;
                }
                result
            }
        }
    }

    /// Waits until a write is undone: its locks, that of an idempotency key among them, would stand in the way of whoever is told of
    /// the failure and tries again.
    pub(crate) async fn rollback(&self) {
        let nothing_to_wait_for =
            self.mode == Mode::Read || !self.started.initialized() || self.interrupted.load(Ordering::SeqCst);
        if nothing_to_wait_for {
            return self.end();
        }
        let Some(connection) = self.connection.lock().take() else {
            return;
        };
        let mut guard = Unfinished(Some(connection));
        let undone = match &guard.0 {
            Some(connection) => connection.client().batch_execute("ROLLBACK").await,
            None => Ok(()),
        };
        if undone.is_ok() {
            guard.0 = None;
        }
    }

    pub(crate) fn met_another(&self) -> bool {
        self.met_another.load(Ordering::Relaxed)
    }

    fn connection(&self) -> Result<Arc<Connection>, StoreError> {
        self.connection.lock().clone().ok_or_else(over)
    }

    fn take(&self) -> Result<Arc<Connection>, StoreError> {
        self.connection.lock().take().ok_or_else(over)
    }

    /// Undoes what was done. A connection with an unanswered statement is given up rather than made to wait for it.
    fn end(&self) {
        let Some(connection) = self.connection.lock().take() else {
            return;
        };
        if self.interrupted.load(Ordering::SeqCst) {
            drop(Unfinished(Some(connection)));
        } else if self.started.initialized() {
            send_and_forget(connection.client(), "ROLLBACK");
        }
    }
}

impl Drop for PostgresSession {
    fn drop(&mut self) {
        self.end();
    }
}

/// A connection whose state is not known: closed on drop, never given back.
struct Unfinished(Option<Arc<Connection>>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take().and_then(Arc::into_inner) {
            connection.discard();
        }
    }
}

/// Forgotten when the answer has come; dropped with the statement otherwise.
struct Flight<'a> {
    interrupted: &'a AtomicBool,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.interrupted.store(true, Ordering::SeqCst);
    }
}

/// The first poll puts the message on the connection's queue, before whatever the next user of the connection sends.
fn send_and_forget(connection: &Client, sql: &'static str) {
    let _answer = connection.batch_execute(sql).now_or_never();
}

pub(crate) async fn apply(connection: &Client, settings: &[String; 7]) -> Result<(), StoreError> {
    let prepared = connection.prepare_cached(SETTINGS).await.map_err(failed)?;
    let [a, b, c, d, e, f, g] = settings;
    connection.query_raw(&prepared, [a, b, c, d, e, f, g]).await.map(drop).map_err(failed)
}

pub(crate) fn settings(role: &str, context: &Context) -> [String; 7] {
    [
        role.to_owned(),
        context.tenant.to_string(),
        context.user.map(|id| id.to_string()).unwrap_or_default(),
        context.actor.word().to_owned(),
        context.role_list(),
        context.organisation_list(),
        if context.elevated == Elevated::Yes { "on".to_owned() } else { String::new() },
    ]
}

fn over() -> StoreError {
    StoreError::Refused("the transaction is over".to_owned())
}
