//! One SQLite file a service: many readers, one writer that commits in groups.

pub(crate) mod connection;
mod group;
mod readers;
pub(crate) mod security;
mod session;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::context::Context;
use crate::error::StoreError;
use crate::migrate::{self, Outcome, Schema, Upkeep};
use crate::rows::Mode;
use crate::store::Environment;
pub(crate) use connection::{Access, Cells, Connection};
pub(crate) use session::SqliteSession;

pub(crate) struct SqliteDatabase {
    readers: readers::Readers,
    writer: group::Writer,
    path: PathBuf,
}

impl SqliteDatabase {
    pub(crate) fn open(directory: &Path, schema: &Schema, environment: &Environment, upkeep: Upkeep) -> Result<Self, StoreError> {
        let path = directory.join(format!("{}.db", schema.service));
        if upkeep == Upkeep::LookOnly {
            look(&path, schema)?;
        }
        std::fs::create_dir_all(directory).map_err(|error| io(directory, &error))?;
        create_private(&path)?;
        prepare(&path, schema, environment.clock.now().micros())?;
        let guarded = Arc::new(security::Guarded::new(&schema.tables)?);
        let writer = Connection::open(&path, Access::Write, &guarded)?;
        Ok(Self { readers: readers::Readers::new(path.clone(), guarded), writer: group::Writer::new(writer), path })
    }

    pub(crate) async fn begin(&self, mode: Mode, context: Context) -> Result<SqliteSession, StoreError> {
        match mode {
            Mode::Read => SqliteSession::read(self.readers.take().await?, context),
            Mode::Write => SqliteSession::write(self.writer.take().await?, context),
        }
    }

    /// Looks whether the file is there. It is not opened: closing any descriptor of it would drop all locks that this process holds
    /// on it (POSIX advisory locks belong to the process), and another program could then take our write-ahead log away.
    pub(crate) fn ping(&self) -> Result<(), StoreError> {
        std::fs::metadata(&self.path).map(drop).map_err(|error| io(&self.path, &error))
    }

    /// The highest position that an event of the log has.
    pub(crate) fn last_position(&self) -> Result<i64, StoreError> {
        const SQL: &str = "SELECT coalesce(max(position), 0) FROM outbox";
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = rusqlite::Connection::open_with_flags(&self.path, flags).map_err(connection::failed)?;
        connection.query_row(SQL, [], |row| row.get(0)).map_err(connection::failed)
    }

    /// A connection of its own, under the same guard as the others.
    pub(crate) fn fresh(&self) -> Result<Connection, StoreError> {
        Connection::open(&self.path, Access::Write, self.readers.guarded())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes the file readable by its owner alone.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| io(path, &error))
}

fn prepare(path: &Path, schema: &Schema, now_micros: i64) -> Result<(), StoreError> {
    let mut connection = rusqlite::Connection::open(path).map_err(connection::failed)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL").map_err(connection::failed)?;
    migrate::migrate_sqlite(&mut connection, schema, now_micros)?;
    Ok(())
}

/// Refuses a file that would have to be made or migrated.
fn look(path: &Path, schema: &Schema) -> Result<(), StoreError> {
    let outcome = if path.exists() {
        let connection = rusqlite::Connection::open(path).map_err(connection::failed)?;
        migrate::look_sqlite(&connection, schema)?
    } else {
        Outcome::decide(None, schema)?
    };
    if outcome.is_up_to_date() {
        return Ok(());
    }
    let found = outcome.shortfall(schema.service);
    Err(StoreError::Outdated(format!("{found}. Make a backup, and run `banyan migrate`, or start the server")))
}

fn io(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Io(format!("{}: {error}", path.display()))
}
