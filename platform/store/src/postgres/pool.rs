//! Connections of one service: their names resolve in its schema, and the statement that binds a caller is prepared ahead.
//!
//! A connection is driven by the runtime that opened it, and a worker of the front door has a runtime of its own. So each caller is given
//! a connection of its own runtime if one is idle: then no wake-up crosses threads. Otherwise one is opened, and only when no more may
//! be opened, one of another runtime is taken.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use banyan_kernel::Secret;
use deadpool_postgres::ClientWrapper;
use parking_lot::Mutex;
use tokio::runtime::{Handle, Id};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::replicas::{Replica, Testimony};
use super::session::SETTINGS;
use super::tls::Connector;
use super::{PostgresPool, address, failed, unreachable};
use crate::error::StoreError;

/// How long opening a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How often idle connections are looked at.
const LOOK: Duration = Duration::from_secs(1);

pub(super) struct ServicePool {
    shelf: Arc<Shelf>,
    shared: PostgresPool,
    permits: Arc<Semaphore>,
    config: Box<tokio_postgres::Config>,
    connector: Connector,
}

/// Idle connections, the last used one at the end.
#[derive(Default)]
struct Shelf {
    idle: Mutex<Vec<Idle>>,
    /// With those in use and those being opened.
    open: AtomicUsize,
}

struct Idle {
    opened: Arc<Opened>,
    since: Instant,
}

struct Opened {
    client: ClientWrapper,
    runtime: Id,
    _place: Place,
}

/// Counts a connection as long as it is there.
struct Place(Weak<Shelf>);

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(shelf) = self.0.upgrade() {
            shelf.open.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// A connection in use; it returns to its shelf when dropped, unless it was given up.
pub(super) struct Connection {
    opened: Arc<Opened>,
    given_up: AtomicBool,
    shelf: Arc<Shelf>,
    // Released last: whoever waits for it finds the connection on the shelf.
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    pub(super) fn client(&self) -> &ClientWrapper {
        &self.opened.client
    }

    /// What the server says of itself. The connection is given up where the answer does not come or nobody waits for it.
    pub(super) async fn testify(&self) -> Result<Testimony, StoreError> {
        self.give_up();
        let prepared = self.client().prepare_cached(Testimony::SQL).await.map_err(failed)?;
        let row = self.client().query_one(&prepared, &[]).await.map_err(failed)?;
        self.given_up.store(false, Ordering::Release);
        Ok(Testimony::of(&row))
    }

    /// Closes the connection when it is dropped instead of giving it back: its state is not known.
    pub(super) fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if !self.given_up.load(Ordering::Acquire) && !self.opened.client.is_closed() {
            self.shelf.idle.lock().push(Idle { opened: self.opened.clone(), since: Instant::now() });
        }
    }
}

impl ServicePool {
    /// Connections to the primary.
    pub(super) fn new(shared: PostgresPool, service: &str) -> Result<Self, StoreError> {
        let (url, permits) = (shared.options.url.clone(), shared.permits.clone());
        Self::to(shared, &url, permits, service)
    }

    /// Connections to a replica, which are as many and counted apart.
    pub(super) fn to_replica(shared: PostgresPool, replica: &Replica, service: &str) -> Result<Self, StoreError> {
        Self::to(shared, replica.url(), replica.permits().clone(), service)
    }

    fn to(shared: PostgresPool, url: &Secret<String>, permits: Arc<Semaphore>, service: &str) -> Result<Self, StoreError> {
        let options = &shared.options;
        let (mut config, connector) = address(url)?.into_parts();
        let settings = format!("-c statement_timeout={} -c search_path={service}", options.statement.as_millis());
        config.options(settings);
        let shelf = Arc::new(Shelf::default());
        evict(&shelf, options.idle, options.min_connections);
        Ok(Self { shelf, shared, permits, config: Box::new(config), connector })
    }

    pub(super) fn shared(&self) -> &PostgresPool {
        &self.shared
    }

    pub(super) async fn take(&self) -> Result<Connection, StoreError> {
        let permit = tokio::time::timeout(self.shared.options.acquire, self.permits.clone().acquire_owned())
            .await
            .map_err(|_| StoreError::Unavailable("no connection became free before the deadline".to_owned()))?
            .map_err(|_| StoreError::Unavailable("the pool is closed".to_owned()))?;
        self.take_with(permit).await
    }

    /// None where no more may be taken now.
    pub(super) async fn take_at_once(&self) -> Result<Option<Connection>, StoreError> {
        match self.permits.clone().try_acquire_owned() {
            Ok(permit) => self.take_with(permit).await.map(Some),
            Err(_) => Ok(None),
        }
    }

    async fn take_with(&self, permit: OwnedSemaphorePermit) -> Result<Connection, StoreError> {
        let runtime = Handle::current().id();
        let opened = match self.shelf.take(runtime, self.shared.options.max_connections) {
            Taken::Idle(opened) => opened,
            Taken::Place(place) => Arc::new(self.open(runtime, place).await?),
        };
        Ok(Connection { opened, given_up: AtomicBool::new(false), shelf: self.shelf.clone(), _permit: permit })
    }

    async fn open(&self, runtime: Id, place: Place) -> Result<Opened, StoreError> {
        let connect = async {
            let (client, connection) = self.config.connect(self.connector.clone()).await.map_err(|error| unreachable(&error))?;
            let driver = tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::warn!(%error, "a connection to the database ended");
                }
            });
            let client = ClientWrapper::new(client, driver);
            // Without this the first transaction would have to ask for the statement, and its first query would overtake it.
            client.prepare_cached(SETTINGS).await.map_err(failed)?;
            Ok(Opened { client, runtime, _place: place })
        };
        match tokio::time::timeout(CONNECT, connect).await {
            Ok(opened) => opened,
            Err(_) => Err(StoreError::Unavailable("the database did not answer a new connection within 5 s".to_owned())),
        }
    }
}

enum Taken {
    Idle(Arc<Opened>),
    /// One more may be opened.
    Place(Place),
}

impl Shelf {
    /// The last used connection of `runtime`, else leave to open one, else the last used one of another runtime.
    ///
    /// There is always one of the three for whoever holds a permit: there are as many permits as connections.
    fn take(self: &Arc<Self>, runtime: Id, most: usize) -> Taken {
        let mut idle = self.idle.lock();
        idle.retain(|idle| !idle.opened.client.is_closed());
        let own = idle.iter().rposition(|idle| idle.opened.runtime == runtime);
        let other = || (self.open.load(Ordering::Acquire) >= most).then(|| idle.len().checked_sub(1)).flatten();
        match own.or_else(other) {
            Some(place) => Taken::Idle(idle.remove(place).opened),
            None => {
                self.open.fetch_add(1, Ordering::AcqRel);
                Taken::Place(Place(Arc::downgrade(self)))
            }
        }
    }

    /// Closes those that have been idle for long, except for the `least` last used ones.
    fn evict(&self, long: Duration, least: usize) {
        let mut idle = self.idle.lock();
        let surplus = idle.len().saturating_sub(least);
        let mut place = 0;
        idle.retain(|idle| {
            place += 1;
            place > surplus || idle.since.elapsed() < long
        });
    }
}

/// Looks at the idle connections until the pool is gone.
fn evict(shelf: &Arc<Shelf>, long: Duration, least: usize) {
    let shelf = Arc::downgrade(shelf);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(LOOK).await;
            let Some(shelf) = shelf.upgrade() else {
                return;
            };
            shelf.evict(long, least);
        }
    });
}
