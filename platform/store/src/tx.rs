//! One transaction, bound to a caller.

use std::sync::Arc;

use async_trait::async_trait;
use banyan_kernel::{Caller, Timestamp, Uuid};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, DbErr, ExecResult, Insert, ProxyExecResult, ProxyRow, QueryResult, QueryTrait,
    Statement,
};

use crate::audit::Record;
use crate::error::StoreError;
use crate::outbox::Publish;
use crate::pending::Pending;
use crate::postgres::PostgresSession;
use crate::record;
use crate::sqlite::SqliteSession;
use crate::store::{Environment, Store};

/// A running transaction. SeaORM's calls take `&tx`; rows outside the caller's sight do not exist for them.
///
/// It is valid until the closure that received it returns; kept longer, every statement fails.
#[derive(Clone)]
pub struct Tx(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) session: Session,
    pub(crate) caller: Caller,
    pub(crate) store: Store,
    pub(crate) pending: Pending,
}

/// What comes after a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    More,
    /// Nothing: it is the last of its transaction. On PostgreSQL the end of a reading transaction then travels with it, one round trip
    /// less; a further statement is refused. A writing transaction (also that of an elevated reader) ends where it always does.
    End,
}

pub(crate) enum Session {
    Sqlite(SqliteSession),
    Postgres(Box<PostgresSession>),
}

impl Tx {
    pub fn caller(&self) -> &Caller {
        &self.0.caller
    }

    pub fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn environment(&self) -> &Environment {
        self.0.store.environment()
    }

    /// The time of the process's clock.
    pub fn now(&self) -> Timestamp {
        self.environment().clock.now()
    }

    /// A new UUIDv7.
    pub fn new_id(&self) -> Uuid {
        self.environment().ids.next()
    }

    /// Publishes an event: it leaves when this transaction commits, or not at all.
    ///
    /// # Errors
    /// When the event is larger than [`LARGEST_EVENT`](crate::outbox::LARGEST_EVENT), or the log cannot be written.
    pub async fn publish<E: banyan_contracts::Event>(&self, event: &E) -> Result<Uuid, StoreError> {
        crate::outbox::publish(self, Publish::of(event)?).await
    }

    /// As [`Tx::publish`], for what programs outside say.
    ///
    /// # Errors
    /// When the event is larger than [`LARGEST_EVENT`](crate::outbox::LARGEST_EVENT), or the log cannot be written.
    pub async fn publish_untyped(&self, event: crate::outbox::Untyped) -> Result<Uuid, StoreError> {
        crate::outbox::publish(self, Publish::untyped(event)?).await
    }

    /// Adds a record to the service's audit chain. It is written at the end of this transaction.
    pub fn audit(&self, record: Record) {
        self.0.pending.audit(record);
    }

    pub(crate) async fn run_query(&self, statement: &Statement) -> Result<Vec<ProxyRow>, StoreError> {
        let started = self.environment().stopwatch();
        let rows = match &self.0.session {
            Session::Sqlite(session) => session.query(statement),
            Session::Postgres(session) => session.query(statement).await,
        };
        self.environment().statement_ran(&statement.sql, started, rows.as_ref().err());
        rows
    }

    pub(crate) async fn run_records<R: record::Record>(&self, statement: &Statement, then: Then) -> Result<Vec<R>, StoreError> {
        let started = self.environment().stopwatch();
        let rows = match &self.0.session {
            Session::Sqlite(session) => session.records(statement, then),
            Session::Postgres(session) => session.records(statement, then).await,
        };
        self.environment().statement_ran(&statement.sql, started, rows.as_ref().err());
        rows
    }

    /// Writes `row` without waiting for the outcome: [`Rows::write`](crate::Rows::write) knows it before it returns, and a failure
    /// undoes the whole transaction. For a row that nothing in the closure depends on. On PostgreSQL such rows travel together
    /// with the next statement or with the `COMMIT`, one round trip for all; SQLite writes them at once.
    ///
    /// # Errors
    /// What the engine says, here or at the end of the transaction.
    pub async fn insert<A: ActiveModelTrait>(&self, row: A) -> Result<(), StoreError> {
        self.write_later(Insert::one(row).build(self.backend())).await
    }

    /// As [`Tx::insert`], for any statement that gives no rows.
    pub(crate) async fn write_later(&self, statement: Statement) -> Result<(), StoreError> {
        match &self.0.session {
            Session::Postgres(session) => session.write_later(statement).await,
            Session::Sqlite(_) => self.run_execute(&statement).await.map(drop),
        }
    }

    pub(crate) async fn run_execute(&self, statement: &Statement) -> Result<u64, StoreError> {
        let started = self.environment().stopwatch();
        let changed = match &self.0.session {
            Session::Sqlite(session) => session.execute(statement),
            Session::Postgres(session) => session.execute(statement).await,
        };
        self.environment().statement_ran(&statement.sql, started, changed.as_ref().err());
        changed
    }

    pub(crate) fn backend(&self) -> DbBackend {
        match self.0.session {
            Session::Sqlite(_) => DbBackend::Sqlite,
            Session::Postgres(_) => DbBackend::Postgres,
        }
    }
}

#[async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let rows_affected = self.run_execute(&statement).await?;
        Ok(ProxyExecResult { last_insert_id: 0, rows_affected }.into())
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.execute_raw(Statement::from_string(self.backend(), sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.run_query(&statement).await?.into_iter().next().map(QueryResult::from))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        Ok(self.run_query(&statement).await?.into_iter().map(QueryResult::from).collect())
    }
}
