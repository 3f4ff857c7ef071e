//! The ground on SQLite: a file, and one guarded connection to it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sea_orm::{DbBackend, Statement};

use super::ground::{Wants, insert, parents_first, rows};
use super::{Act, Answer, Attempt, Row, Who};
use crate::compliance::Entry;
use crate::error::StoreError;
use crate::migrate::Dialect;
use crate::schema::Table;
use crate::sqlite::security::Guarded;
use crate::sqlite::security::testing::Guard;
use crate::sqlite::{Access, Connection, connection};

pub struct SqliteGround {
    connection: Connection,
    tables: Vec<Table>,
}

impl SqliteGround {
    /// Makes the file `path` with `tables`.
    ///
    /// # Errors
    /// When a declaration cannot be enforced, or what SQLite says.
    pub fn create(path: &Path, tables: &[Table]) -> Result<Self, StoreError> {
        Self::with_guard(path, tables, Guard::new(tables)?)
    }

    /// The same under a guard of which a part is missing.
    ///
    /// # Errors
    /// As [`SqliteGround::create`].
    pub fn with_guard(path: &Path, tables: &[Table], guard: Guard) -> Result<Self, StoreError> {
        let raw = rusqlite::Connection::open(path).map_err(connection::failed)?;
        raw.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE schema_version (version integer)")
            .map_err(connection::failed)?;
        for statement in tables.iter().flat_map(|table| Dialect::Sqlite.create_table(table)) {
            raw.execute_batch(&statement).map_err(connection::failed)?;
        }
        drop(raw);
        let guarded: Arc<Guarded> = Arc::new(guard.0);
        Ok(Self { connection: Connection::open(path, Access::Write, &guarded)?, tables: tables.to_vec() })
    }

    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The connection below the wrapper, with the authorizer on: what a way around the wrapper would meet.
    pub fn bare(&self) -> &rusqlite::Connection {
        self.connection.bare()
    }

    /// Binds until the next attempt.
    pub fn bind(&mut self, who: &Who) {
        match who.context() {
            Some(context) => self.connection.bind(&context),
            None => self.connection.unbind(),
        }
    }

    /// Past the guard.
    pub fn unguarded<T>(&self, work: impl FnOnce(&rusqlite::Connection) -> T) -> T {
        self.connection.unguarded(work)
    }

    /// One statement as the bound caller.
    ///
    /// # Errors
    /// As a service would get them.
    pub fn run(&mut self, act: &Act) -> Result<Answer, StoreError> {
        let statement = act.statement(DbBackend::Sqlite);
        match act.wants {
            Wants::Rows => self.connection.query(&statement).map(|found| Answer::Rows(rows(found))),
            Wants::Count => self.connection.execute(&statement).map(Answer::Count),
        }
    }

    /// How SQLite would run it.
    ///
    /// # Errors
    /// As [`SqliteGround::run`].
    pub fn plan(&mut self, sql: &str) -> Result<Vec<String>, StoreError> {
        self.connection.plan(&Statement::from_string(DbBackend::Sqlite, sql))
    }

    /// What the compliance check says of this connection.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn compliance(&mut self) -> Result<(Vec<Entry>, Vec<String>), StoreError> {
        crate::compliance::check_sqlite(&mut self.connection).map(|found| (found.entries, found.findings))
    }

    /// Statements that run past it are broken off.
    pub fn set_deadline(&mut self, deadline: Option<std::time::Instant>) {
        self.connection.set_deadline(deadline);
    }

    pub(super) fn plant(&mut self, table: &str, planted: &[Row]) -> Result<(), StoreError> {
        self.connection.control("BEGIN IMMEDIATE")?;
        for row in planted {
            let act = insert(&format!("main.\"{table}\""), row);
            if let Err(error) = self.connection.past_the_guard(&act.statement(DbBackend::Sqlite)) {
                self.connection.control("ROLLBACK")?;
                return Err(error);
            }
        }
        self.connection.control("COMMIT")
    }

    pub(super) fn clear(&mut self) -> Result<(), StoreError> {
        self.connection.control("BEGIN IMMEDIATE")?;
        for table in parents_first(&self.tables).into_iter().rev() {
            let statement = Statement::from_string(DbBackend::Sqlite, format!("DELETE FROM main.\"{}\"", table.name));
            self.connection.past_the_guard(&statement)?;
        }
        self.connection.control("COMMIT")
    }

    pub(super) fn attempt(&mut self, who: &Who, acts: &[Act], tables: &[&str]) -> Result<Attempt, StoreError> {
        self.connection.control("BEGIN IMMEDIATE")?;
        self.bind(who);
        let answers = acts.iter().map(|act| self.run(act)).collect();
        self.connection.unbind();
        let mut seen = BTreeMap::new();
        for table in tables {
            let statement = Statement::from_string(DbBackend::Sqlite, format!("SELECT * FROM main.\"{table}\""));
            seen.insert((*table).to_owned(), rows(self.connection.past_the_guard(&statement)?));
        }
        self.connection.control("ROLLBACK")?;
        Ok(Attempt { answers, tables: seen })
    }
}

impl std::fmt::Debug for SqliteGround {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteGround").finish_non_exhaustive()
    }
}
