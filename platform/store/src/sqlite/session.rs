//! A transaction on SQLite. Statements run inline on the thread that polls; dropping it undoes it at once.

use std::sync::atomic::{AtomicBool, Ordering};

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use sea_orm::{ProxyRow, Statement};

use super::Connection;
use super::group::Turn;
use super::readers::Reader;
use crate::context::Context;
use crate::error::StoreError;
use crate::record::Record;
use crate::tx::Then;

/// How long a statement may run, as on PostgreSQL.
const STATEMENT: Duration = Duration::from_secs(30);

pub(crate) struct SqliteSession {
    held: Mutex<Option<Held>>,
    context: Context,
    met_another: AtomicBool,
    /// A reading transaction has had its last statement.
    ended: AtomicBool,
}

enum Held {
    Read(Box<Reader>),
    Write(Turn),
}

impl Held {
    fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        match self {
            Self::Read(reader) => reader.connection(),
            Self::Write(turn) => Ok(turn.connection()),
        }
    }
}

impl SqliteSession {
    pub(super) fn read(mut reader: Reader, context: Context) -> Result<Self, StoreError> {
        reader.connection()?.control("BEGIN")?;
        Self::bound(Held::Read(Box::new(reader)), context)
    }

    pub(super) fn write(turn: Turn, context: Context) -> Result<Self, StoreError> {
        Self::bound(Held::Write(turn), context)
    }

    fn bound(mut held: Held, context: Context) -> Result<Self, StoreError> {
        held.connection()?.bind(&context);
        Ok(Self { held: Mutex::new(Some(held)), context, met_another: AtomicBool::new(false), ended: AtomicBool::new(false) })
    }

    pub(crate) fn query(&self, statement: &Statement) -> Result<Vec<ProxyRow>, StoreError> {
        self.with(|connection| connection.query(statement))
    }

    /// The rows of a statement; after a last one a reading transaction takes no other.
    pub(crate) fn records<R: Record>(&self, statement: &Statement, then: Then) -> Result<Vec<R>, StoreError> {
        let found = self.with(|connection| connection.records(statement));
        let reads = matches!(&*self.held.lock(), Some(Held::Read(_)));
        self.ended.fetch_or(then == Then::End && reads, Ordering::Relaxed);
        found
    }

    pub(crate) fn execute(&self, statement: &Statement) -> Result<u64, StoreError> {
        self.with(|connection| connection.execute(statement))
    }

    pub(crate) fn as_platform(&self) -> Result<(), StoreError> {
        self.with(|connection| {
            connection.bind(&self.context.as_platform());
            Ok(())
        })
    }

    fn with<T>(&self, run: impl FnOnce(&mut Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if self.ended.load(Ordering::Relaxed) {
            return Err(over());
        }
        let mut held = self.held.lock();
        let connection = held.as_mut().ok_or_else(over)?.connection()?;
        connection.set_deadline(Some(deadline()));
        run(connection).inspect_err(|error| {
            if matches!(error, StoreError::Conflict) {
                self.met_another.store(true, Ordering::Relaxed);
            }
        })
    }

    pub(crate) async fn commit(&self) -> Result<(), StoreError> {
        let held = self.held.lock().take().ok_or_else(over)?;
        match held {
            Held::Read(reader) => {
                finish_read(*reader);
                Ok(())
            }
            Held::Write(turn) => turn.commit().await,
        }
    }

    pub(crate) fn rollback(&self) {
        match self.held.lock().take() {
            Some(Held::Read(reader)) => finish_read(*reader),
            Some(Held::Write(turn)) => turn.rollback(),
            None => {}
        }
    }

    pub(crate) fn met_another(&self) -> bool {
        self.met_another.load(Ordering::Relaxed)
    }
}

impl Drop for SqliteSession {
    fn drop(&mut self) {
        self.rollback();
    }
}

fn finish_read(mut reader: Reader) {
    let ended = reader.connection().and_then(|connection| {
        connection.unbind();
        connection.control("ROLLBACK")
    });
    if ended.is_err() {
        reader.discard();
    }
}

fn deadline() -> Instant {
    Instant::now() + STATEMENT
}

fn over() -> StoreError {
    StoreError::Refused("the transaction is over".to_owned())
}
