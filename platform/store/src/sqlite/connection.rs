//! One SQLite connection behind the guard: the only way from a statement to the file.

mod errors;
mod values;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{CachedStatement, OpenFlags};
use sea_orm::{ProxyRow, Statement};

use crate::context::Context;
use crate::error::StoreError;
use crate::record::{self, Reader, Record};
use crate::sqlite::security::{Guarded, NewRows, Prepared, State};

pub(crate) use values::Cells;

/// Prepared statements kept a connection.
const STATEMENTS: usize = 128;
/// Pages kept in memory a connection, in KiB; they are allocated as they are read.
const CACHE_KIB: u32 = 8 * 1024;
/// How long a statement waits for another process's lock. Within the process writers queue before they come here.
const BUSY: Duration = Duration::from_secs(2);
/// Instructions of SQLite's machine between two looks at the deadline: some tens of microseconds.
const LOOK_AT_DEADLINE: i32 = 4_000;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// A connection to a service's file. Rows are seen and changed as the bound caller may; with none bound there are none.
pub(crate) struct Connection {
    raw: rusqlite::Connection,
    state: Arc<State>,
    guarded: Arc<Guarded>,
}

impl Connection {
    /// Opens a file that exists and is migrated, and puts the guard on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be opened; otherwise what SQLite says.
    pub(crate) fn open(path: &Path, access: Access, tables: &Arc<Guarded>) -> Result<Self, StoreError> {
        let state = Arc::new(State::default());
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = rusqlite::Connection::open_with_flags(path, flags).and_then(|raw| {
            configure(&raw)?;
            let checks = if access == Access::Write { NewRows::Checked } else { NewRows::Never };
            tables.install(&raw, &state, checks)?;
            if access == Access::Read {
                let _flag = state.open();
                raw.pragma_update(None, "query_only", true)?;
            }
            let at = state.clone();
            raw.progress_handler(LOOK_AT_DEADLINE, Some(move || at.is_overdue()))?;
            Ok(raw)
        });
        let raw = opened.map_err(|error| errors::translate(error, None, tables))?;
        Ok(Self { raw, state, guarded: tables.clone() })
    }

    /// Statements from now on run as this caller.
    pub(crate) fn bind(&mut self, context: &Context) {
        self.state.bind(context);
    }

    /// Statements from now on see and change nothing.
    pub(crate) fn unbind(&mut self) {
        self.state.unbind();
    }

    /// Statements that run past it fail with [`StoreError::DeadlineExceeded`].
    pub(crate) fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.state.set_deadline(deadline);
    }

    /// Runs a statement and returns its rows, those of `RETURNING` too.
    ///
    /// # Errors
    /// [`StoreError`] by kind of failure; the statement then changed nothing.
    pub(crate) fn query(&mut self, statement: &Statement) -> Result<Vec<ProxyRow>, StoreError> {
        self.run(statement, |prepared, running| {
            let columns = prepared.columns.get_or_init(|| values::columns(running));
            let mut found = Vec::new();
            let mut rows = running.raw_query();
            while let Some(row) = rows.next()? {
                found.push(values::row(columns, row)?);
            }
            Ok(found)
        })
    }

    /// Runs a statement and decodes its rows by position.
    ///
    /// # Errors
    /// As [`Connection::query`]; [`StoreError::Database`] when a row is not of the type.
    pub(crate) fn records<R: Record>(&mut self, statement: &Statement) -> Result<Vec<R>, StoreError> {
        self.run(statement, |prepared, running| {
            let found = prepared.columns.get_or_init(|| values::columns(running));
            let columns = &*found.columns;
            if let Err(error) = record::check(R::COLUMNS, columns.iter().map(|column| column.name.as_str())) {
                return Ok(Err(error));
            }
            let mut records = Vec::new();
            let mut rows = running.raw_query();
            while let Some(row) = rows.next()? {
                match R::read(&mut Reader::new(record::Row::Sqlite(Cells { columns, row }))) {
                    Ok(record) => records.push(record),
                    Err(error) => return Ok(Err(error)),
                }
            }
            Ok(Ok(records))
        })?
    }

    /// Runs a statement and returns how many rows it inserted, changed or deleted itself; cascades do not count.
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub(crate) fn execute(&mut self, statement: &Statement) -> Result<u64, StoreError> {
        let wrote = self.run(statement, |prepared, running| {
            let mut rows = running.raw_query();
            while rows.next()?.is_some() {}
            Ok(prepared.writing.is_some())
        })?;
        Ok(if wrote { self.raw.changes() } else { 0 })
    }

    fn run<T>(
        &mut self,
        statement: &Statement,
        work: impl FnOnce(&Prepared, &mut CachedStatement<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let prepared = self.guarded.prepare(&statement.sql)?;
        let _flag = self.state.raise(prepared.writing);
        let result = self.raw.prepare_cached(&prepared.sql).and_then(|mut running| {
            values::bind(&mut running, statement)?;
            work(&prepared, &mut running)
        });
        result.map_err(|error| errors::translate(error, self.state.denial(), &self.guarded))
    }

    /// `BEGIN`, `SAVEPOINT`, `COMMIT` … by the store itself, past the guard.
    ///
    /// # Errors
    /// What SQLite says; [`StoreError::Conflict`] when another process holds the lock.
    pub(crate) fn control(&mut self, sql: &'static str) -> Result<(), StoreError> {
        let _flag = self.state.open();
        let result = self.raw.prepare_cached(sql).and_then(|mut statement| {
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
            Ok(())
        });
        result.map_err(|error| errors::translate(error, None, &self.guarded))
    }

    /// How SQLite would run the statement, one line a step (`EXPLAIN QUERY PLAN`).
    ///
    /// # Errors
    /// As [`Connection::query`].
    #[cfg(feature = "testing")]
    pub(crate) fn plan(&mut self, statement: &Statement) -> Result<Vec<String>, StoreError> {
        let prepared = self.guarded.prepare(&statement.sql)?;
        let _flag = self.state.raise(prepared.writing);
        let result = self.raw.prepare(&format!("EXPLAIN QUERY PLAN {}", prepared.sql)).and_then(|mut running| {
            values::bind(&mut running, statement)?;
            running.raw_query().mapped(|row| row.get(3)).collect()
        });
        result.map_err(|error| errors::translate(error, self.state.denial(), &self.guarded))
    }

    pub(crate) fn guarded(&self) -> &Arc<Guarded> {
        &self.guarded
    }

    /// What stands in the connection's temporary schema: names and definitions.
    ///
    /// # Errors
    /// What SQLite says.
    pub(crate) fn temporary_objects(&mut self) -> Result<Vec<(String, String)>, StoreError> {
        let _flag = self.state.open();
        let result = self
            .raw
            .prepare("SELECT name, sql FROM temp.sqlite_schema")
            .and_then(|mut statement| statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect());
        result.map_err(|error| errors::translate(error, None, &self.guarded))
    }

    /// The bare connection under the guard's authorizer, which is what a way around the wrapper would meet.
    pub(crate) fn bare(&self) -> &rusqlite::Connection {
        &self.raw
    }

    /// Runs `work` past the guard, as nothing but a test may.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn unguarded<T>(&self, work: impl FnOnce(&rusqlite::Connection) -> T) -> T {
        let _flag = self.state.open();
        work(&self.raw)
    }

    /// Runs one statement past the guard, as nothing but a test may.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn past_the_guard(&mut self, statement: &Statement) -> Result<Vec<ProxyRow>, StoreError> {
        let _flag = self.state.open();
        let result = self.raw.prepare(&statement.sql).and_then(|mut running| {
            values::bind(&mut running, statement)?;
            let columns = values::columns(&running);
            let mut found = Vec::new();
            let mut rows = running.raw_query();
            while let Some(row) = rows.next()? {
                found.push(values::row(&columns, row)?);
            }
            Ok(found)
        });
        result.map_err(|error| errors::translate(error, None, &self.guarded))
    }
}

/// A failure outside of statements: opening a file, migrating it.
#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
pub(crate) fn failed(error: rusqlite::Error) -> StoreError {
    StoreError::Database(error.to_string())
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

fn configure(raw: &rusqlite::Connection) -> rusqlite::Result<()> {
    raw.busy_timeout(BUSY)?;
    raw.set_prepared_statement_cache_capacity(STATEMENTS);
    raw.pragma_update(None, "journal_mode", "WAL")?;
    raw.pragma_update(None, "synchronous", "FULL")?;
    raw.pragma_update(None, "foreign_keys", true)?;
    raw.pragma_update(None, "temp_store", "MEMORY")?;
    raw.pragma_update(None, "cache_size", -i64::from(CACHE_KIB))?;
    for (setting, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        // A plan does not depend on the values bound: else each new value plans the statement anew.
        (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true),
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, true),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, true),
    ] {
        raw.set_db_config(setting, on)?;
    }
    for (limit, value) in [
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, 1024 * 1024),
    ] {
        raw.set_limit(limit, value)?;
    }
    Ok(())
}
