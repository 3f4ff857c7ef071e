//! A transaction on PostgreSQL.
//!
//! The protocol pipelines: what is sent without waiting is answered in the order of sending. So `BEGIN`, role and settings travel together
//! with the first statement, rows whose outcome nobody waits for together with what comes after them, and the end of the transaction
//! together with its last statement. A read's end is not waited for; a write's is, whichever it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deadpool_postgres::ClientWrapper;
use futures_util::future::{FutureExt, join, join_all, join3, maybe_done};
use parking_lot::Mutex;
use sea_orm::{ProxyRow, Statement};

use super::pool::Connection;
use super::unfinished::{Flight, Unfinished};
use super::{driver, failed};
use crate::context::{Context, Elevated};
use crate::error::StoreError;
use crate::record::Record;
use crate::rows::Mode;
use crate::store::Observer;
use crate::tx::Then;

/// Everything the policies know, for the length of the transaction.
pub(crate) const SETTINGS: &str = "SELECT set_config('role', $1, true), set_config('banyan.tenant', $2, true), \
    set_config('banyan.user', $3, true), set_config('banyan.actor', $4, true), set_config('banyan.roles', $5, true), \
    set_config('banyan.organisations', $6, true), set_config('banyan.elevated', $7, true)";

/// More writes than this do not wait.
const MOST_WAITING: usize = 64;

pub(crate) struct PostgresSession {
    connection: Mutex<Option<Arc<Connection>>>,
    mode: Mode,
    settings: [String; 7],
    context: Context,
    observer: Arc<dyn Observer>,
    started: tokio::sync::OnceCell<()>,
    waiting: Mutex<Vec<Statement>>,
    /// A statement was dropped before its answer came: the connection is given up rather than made to wait for it.
    interrupted: AtomicBool,
    /// A statement failed, so that the server will not keep anything of this transaction.
    broken: AtomicBool,
    met_another: AtomicBool,
}

impl PostgresSession {
    pub(super) fn new(connection: Connection, mode: Mode, role: &str, context: Context, observer: Arc<dyn Observer>) -> Self {
        Self {
            connection: Mutex::new(Some(Arc::new(connection))),
            mode,
            settings: settings(role, &context),
            context,
            observer,
            started: tokio::sync::OnceCell::new(),
            waiting: Mutex::default(),
            interrupted: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            met_another: AtomicBool::new(false),
        }
    }

    pub(crate) async fn query(&self, statement: &Statement) -> Result<Vec<ProxyRow>, StoreError> {
        let connection = self.connection()?;
        self.run(connection.client(), driver::query(connection.client(), statement)).await
    }

    pub(crate) async fn execute(&self, statement: &Statement) -> Result<u64, StoreError> {
        let connection = self.connection()?;
        self.run(connection.client(), driver::execute(connection.client(), statement)).await
    }

    /// The rows of a statement. After a last one the transaction is over, if it only reads.
    pub(crate) async fn records<R: Record>(&self, statement: &Statement, then: Then) -> Result<Vec<R>, StoreError> {
        if then == Then::More || self.mode == Mode::Write {
            let connection = self.connection()?;
            return self.run(connection.client(), driver::records(connection.client(), statement)).await;
        }
        let unfinished = Unfinished::new(self.take()?);
        let client = unfinished.client();
        // First: the end would overtake a statement that waits for its preparation.
        driver::prepare(client, &statement.sql).await.inspect_err(|error| self.note(error))?;
        let end = async { send_and_forget(client, "COMMIT") };
        let (found, ()) = join(self.run(client, driver::records(client, statement)), end).await;
        unfinished.finished();
        found
    }

    /// Sends the statement with whatever comes next. Its outcome is that of the transaction.
    pub(crate) async fn write_later(&self, statement: Statement) -> Result<(), StoreError> {
        let connection = self.connection()?;
        if self.mode == Mode::Read {
            // The server refuses it, here and now: nobody waits for the end of a read.
            return self.run(connection.client(), driver::execute(connection.client(), &statement)).await.map(drop);
        }
        if self.waiting.lock().len() >= MOST_WAITING {
            self.run(connection.client(), async { Ok(()) }).await?;
        }
        self.waiting.lock().push(statement);
        Ok(())
    }

    pub(crate) async fn as_platform(&self) -> Result<(), StoreError> {
        let connection = self.connection()?;
        let settings = settings(&self.settings[0], &self.context.as_platform());
        self.run(connection.client(), apply(connection.client(), &settings)).await
    }

    /// Starts the transaction if this is its first statement, and runs the statement in the same round trip.
    async fn run<T>(
        &self,
        connection: &ClientWrapper,
        statement: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let flight = Flight::new(&self.interrupted);
        let result = self.exchange(connection, statement).await;
        std::mem::forget(flight);
        result.inspect_err(|error| self.note(error))
    }

    async fn exchange<T>(
        &self,
        connection: &ClientWrapper,
        statement: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let waiting = std::mem::take(&mut *self.waiting.lock());
        if self.started.initialized() && waiting.is_empty() {
            return statement.await;
        }
        let writes = driver::prepare_all(connection, &waiting).await?;
        // All are sent before any is answered; the order of polling is the order of sending.
        let start = self.started.get_or_try_init(|| self.start(connection));
        let writes = join_all(writes.iter().map(|write| write.run(connection, &*self.observer)));
        let (started, written, result) = join3(start, writes, statement).await;
        started?;
        written.into_iter().collect::<Result<(), _>>()?;
        result
    }

    async fn start(&self, connection: &ClientWrapper) -> Result<(), StoreError> {
        let begin = match self.mode {
            Mode::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Mode::Write => "BEGIN",
        };
        let begin = async { connection.batch_execute(begin).await.map_err(failed) };
        let (begun, set) = join(begin, apply(connection, &self.settings)).await;
        begun.and(set)
    }

    pub(crate) async fn commit(&self) -> Result<(), StoreError> {
        if self.is_over() {
            return Ok(());
        }
        let connection = self.take()?;
        let waiting = std::mem::take(&mut *self.waiting.lock());
        if !self.started.initialized() && waiting.is_empty() {
            return Ok(());
        }
        if self.mode == Mode::Read {
            send_and_forget(connection.client(), "COMMIT");
            return Ok(());
        }
        let unfinished = Unfinished::new(connection);
        let (outcome, ended) = self.finish(unfinished.client(), &waiting).await;
        if ended.is_ok() {
            unfinished.finished();
        }
        outcome.and(ended).inspect_err(|error| self.note(error))
    }

    /// Sends what waits and the end of the transaction: the outcome of the writes, and whether the end was acknowledged.
    async fn finish(
        &self,
        connection: &ClientWrapper,
        waiting: &[Statement],
    ) -> (Result<(), StoreError>, Result<(), StoreError>) {
        let prepared = driver::prepare_all(connection, waiting).await;
        let (writes, refused) = match prepared {
            Ok(writes) => (writes, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let start = maybe_done(self.started.get_or_try_init(|| self.start(connection)));
        let writes = writes.iter().map(|write| Box::pin(maybe_done(write.run(connection, &*self.observer))));
        let (mut start, mut writes) = (Box::pin(start), writes.collect::<Vec<_>>());
        // Each first look sends. What has failed by then may never have been sent, so that nothing may be kept.
        let _ = start.as_mut().now_or_never();
        let can_start = !matches!(start.as_mut().output_mut(), Some(Err(_)));
        let mut all_sent = refused.is_none() && can_start && !self.broken.load(Ordering::SeqCst);
        for write in &mut writes {
            let _ = write.as_mut().now_or_never();
            all_sent &= !matches!(write.as_mut().output_mut(), Some(Err(_)));
        }
        let end = if all_sent { "COMMIT" } else { "ROLLBACK" };
        let ended = connection.batch_execute(end);
        let answers = join(start.as_mut(), join_all(writes.iter_mut().map(|write| write.as_mut())));
        let (_, ended) = join(answers, ended).await;
        let started = start.as_mut().take_output().unwrap_or(Ok(&())).map(drop);
        let written = writes.iter_mut().filter_map(|write| write.as_mut().take_output()).collect::<Result<(), _>>();
        let outcome = refused.map_or(Ok(()), Err).and(started).and(written);
        let outcome = if all_sent { outcome } else { outcome.and(Err(broken())) };
        (outcome, ended.map_err(failed))
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
        let unfinished = Unfinished::new(connection);
        if unfinished.client().batch_execute("ROLLBACK").await.is_ok() {
            unfinished.finished();
        }
    }

    pub(crate) fn met_another(&self) -> bool {
        self.met_another.load(Ordering::Relaxed)
    }

    /// A statement of the transaction failed, whatever its caller made of that.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::SeqCst)
    }

    fn note(&self, error: &StoreError) {
        self.broken.store(true, Ordering::SeqCst);
        if matches!(error, StoreError::Conflict) {
            self.met_another.store(true, Ordering::Relaxed);
        }
    }

    /// The end went with the last statement.
    fn is_over(&self) -> bool {
        self.mode == Mode::Read && self.connection.lock().is_none()
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
            drop(Unfinished::new(connection));
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

/// The first poll puts the message on the connection's queue, before whatever the next user of the connection sends.
fn send_and_forget(connection: &ClientWrapper, sql: &'static str) {
    let _answer = connection.batch_execute(sql).now_or_never();
}

pub(crate) async fn apply(connection: &ClientWrapper, settings: &[String; 7]) -> Result<(), StoreError> {
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

fn broken() -> StoreError {
    StoreError::Database("a statement of the transaction failed, so nothing of it is kept".to_owned())
}
