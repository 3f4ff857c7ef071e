//! Connections for reads, opened when first needed and kept.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::security::Guarded;
use super::{Access, Connection};
use crate::error::StoreError;

/// Readers of one file at a time. Statements run on the caller's thread, so more than the cores gain nothing.
const MOST: usize = 16;
const ACQUIRE: Duration = Duration::from_secs(30);

pub(super) struct Readers {
    shared: Arc<Shared>,
    permits: Arc<Semaphore>,
}

struct Shared {
    path: PathBuf,
    guarded: Arc<Guarded>,
    idle: Mutex<Vec<Connection>>,
}

/// A connection that returns to the pool when dropped.
pub(super) struct Reader {
    connection: Option<Connection>,
    shared: Arc<Shared>,
    _permit: OwnedSemaphorePermit,
}

impl Readers {
    pub(super) fn new(path: PathBuf, guarded: Arc<Guarded>) -> Self {
        let shared = Arc::new(Shared { path, guarded, idle: Mutex::new(Vec::new()) });
        Self { shared, permits: Arc::new(Semaphore::new(MOST)) }
    }

    pub(super) fn guarded(&self) -> &Arc<Guarded> {
        &self.shared.guarded
    }

    pub(super) async fn take(&self) -> Result<Reader, StoreError> {
        let permit = match self.permits.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => tokio::time::timeout(ACQUIRE, self.permits.clone().acquire_owned())
                .await
                .map_err(|_| StoreError::Unavailable("no reader became free in 30 s".to_owned()))?
                .map_err(|_| StoreError::Unavailable("the store is closed".to_owned()))?,
        };
        let idle = self.shared.idle.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => Connection::open(&self.shared.path, Access::Read, &self.shared.guarded)?,
        };
        Ok(Reader { connection: Some(connection), shared: self.shared.clone(), _permit: permit })
    }
}

impl Reader {
    pub(super) fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        self.connection.as_mut().ok_or_else(|| StoreError::Unavailable("the reader was given back".to_owned()))
    }

    /// Closes the connection instead of giving it back: its state is not known.
    pub(super) fn discard(&mut self) {
        self.connection = None;
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.shared.idle.lock().push(connection);
        }
    }
}
