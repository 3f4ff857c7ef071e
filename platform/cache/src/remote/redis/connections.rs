//! A connection for each worker, which stays with the worker's event loop.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use banyan_kernel::Random;
use banyan_telemetry::metrics::PerWorker;
use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};
use tokio::time::timeout;

use super::address::{Place, RemoteSettings, UnusableAddress};
use super::{Names, failed, message, scripts};
use crate::change::Stamps;
use crate::key::ALL;
use crate::remote::RemoteError;

pub(super) const CONNECTING: Duration = Duration::from_secs(2);
/// A connection that answers nothing for so long is given up.
const ANSWERING: Duration = Duration::from_secs(1);

pub(super) struct Connections {
    arrival: Arc<Arrival>,
    workers: PerWorker<Arc<Slot>>,
}

/// What a new connection needs.
struct Arrival {
    place: Place,
    names: Names,
    stamps: Stamps,
    made: AtomicU64,
}

#[derive(Default)]
struct Slot {
    connection: Mutex<Option<Connection>>,
    /// One connection is made at a time.
    making: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
pub(super) struct Connection {
    number: u64,
    pub(super) commands: MultiplexedConnection,
    slot: Arc<Slot>,
}

impl Connections {
    pub(super) fn new(settings: &RemoteSettings, names: Names, random: &dyn Random) -> Result<Self, UnusableAddress> {
        let stamps = Stamps::new(random);
        let arrival = Arrival { place: settings.place()?, names, stamps, made: AtomicU64::new(0) };
        Ok(Self { arrival: Arc::new(arrival), workers: PerWorker::new() })
    }

    pub(super) async fn client(&self) -> Result<Client, RemoteError> {
        self.arrival.place.client().await.map_err(|error| failed(&error))
    }

    /// The worker's connection. It is made beside the request: making it may take longer than a request waits.
    pub(super) async fn of_worker(&self) -> Result<Connection, RemoteError> {
        let slot = self.workers.local().clone();
        if let Some(connection) = slot.connection.lock().clone() {
            return Ok(connection);
        }
        let made = tokio::spawn(connect_once(self.arrival.clone(), slot)).await;
        made.map_err(|error| RemoteError::Failed(error.to_string()))?
    }

    /// A connection that failed is not used again. One that only says no is kept.
    pub(super) fn failed(&self, used: &Connection, error: &RedisError) {
        if error.kind() == redis::ErrorKind::Server(redis::ServerErrorKind::ResponseError) {
            return;
        }
        let mut current = used.slot.connection.lock();
        if current.as_ref().is_some_and(|current| current.number == used.number) {
            *current = None;
        }
    }
}

/// Makes the connection, or waits for the one who makes it.
async fn connect_once(arrival: Arc<Arrival>, slot: Arc<Slot>) -> Result<Connection, RemoteError> {
    let Ok(_turn) = slot.making.try_lock() else {
        drop(slot.making.lock().await);
        return slot.connection.lock().clone().ok_or(RemoteError::TooSlow);
    };
    if let Some(connection) = slot.connection.lock().clone() {
        return Ok(connection);
    }
    let commands = timeout(CONNECTING, arrive(&arrival)).await.unwrap_or(Err(RemoteError::TooSlow))?;
    let number = arrival.made.fetch_add(1, Ordering::Relaxed);
    let connection = Connection { number, commands, slot: slot.clone() };
    *slot.connection.lock() = Some(connection.clone());
    Ok(connection)
}

/// A server that was started again, or took the place of another one, may have lost changes: whoever arrives there first ends everything.
async fn arrive(arrival: &Arrival) -> Result<MultiplexedConnection, RemoteError> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECTING)).set_response_timeout(Some(ANSWERING));
    let client = arrival.place.client().await.map_err(|error| failed(&error))?;
    let connecting = client.get_multiplexed_async_connection_with_config(&config).await;
    let mut commands = connecting.map_err(|error| failed(&error))?;
    let info: String = redis::cmd("INFO").arg("server").query_async(&mut commands).await.map_err(|error| failed(&error))?;
    let run = info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap_or_default().trim();
    let (names, stamp) = (&arrival.names, arrival.stamps.next());
    let mut call = redis::cmd("EVAL");
    call.arg(scripts::ARRIVE).arg(3).arg(names.own("run")).arg(names.own("sequence")).arg(names.stamp(ALL));
    call.arg(run).arg(stamp).arg(names.channel()).arg(message::write(stamp, &[ALL]));
    call.query_async::<()>(&mut commands).await.map_err(|error| failed(&error))?;
    Ok(commands)
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").finish_non_exhaustive()
    }
}
