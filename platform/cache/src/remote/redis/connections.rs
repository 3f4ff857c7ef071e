//! A connection for each worker, which stays with the worker's event loop.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use banyan_kernel::Random;
use banyan_telemetry::metrics::PerWorker;
use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::cluster_async::ClusterConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};
use tokio::time::{sleep, timeout};

use super::address::{Place, RemoteSettings, UnusableAddress};
use super::cluster::Cluster;
use super::{Names, failed, message, scripts};
use crate::change::Stamps;
use crate::key::ALL;
use crate::remote::RemoteError;

pub(super) const CONNECTING: Duration = Duration::from_secs(2);
/// A connection that answers nothing for so long is given up.
const ANSWERING: Duration = Duration::from_secs(1);
/// How often the primary of a cluster is looked for, and how long it waits in between.
const SETTLING: (u32, Duration) = (4, Duration::from_millis(25));
/// In a cluster a connection that has had no answer for so long is made anew. A server that lost its place meanwhile, and has it again because the
/// one in between died, may lack what that one answered; it takes longer than this to find a server dead (`cluster-node-timeout`), so
/// whoever asked it more often was told to go elsewhere.
const RESTED: Duration = Duration::from_millis(500);

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
    /// For values and locks, where they do not lie beside the stamps.
    pub(super) values: Option<ClusterConnection>,
    /// The last answer.
    answered: Arc<Mutex<Instant>>,
    slot: Arc<Slot>,
}

impl Connection {
    pub(super) fn answered(&self) {
        *self.answered.lock() = Instant::now();
    }

    fn has_rested(&self) -> bool {
        self.values.is_some() && self.answered.lock().elapsed() > RESTED
    }
}

impl Slot {
    fn usable(&self) -> Option<Connection> {
        self.connection.lock().clone().filter(|connection| !connection.has_rested())
    }
}

impl Connections {
    pub(super) fn new(settings: &RemoteSettings, names: Names, random: &dyn Random) -> Result<Self, UnusableAddress> {
        let stamps = Stamps::new(random);
        let arrival = Arrival { place: settings.place(&names)?, names, stamps, made: AtomicU64::new(0) };
        Ok(Self { arrival: Arc::new(arrival), workers: PerWorker::new() })
    }

    /// Whether values and locks lie elsewhere than stamps.
    pub(super) fn are_spread(&self) -> bool {
        self.arrival.place.cluster().is_some()
    }

    pub(super) async fn client(&self) -> Result<Client, RemoteError> {
        self.arrival.place.client().await.map_err(|error| failed(&error))
    }

    /// The worker's connection. It is made beside the request: making it may take longer than a request waits.
    pub(super) async fn of_worker(&self) -> Result<Connection, RemoteError> {
        let slot = self.workers.local().clone();
        if let Some(connection) = slot.usable() {
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
        return slot.usable().ok_or(RemoteError::TooSlow);
    };
    if let Some(connection) = slot.usable() {
        return Ok(connection);
    }
    let commands = timeout(CONNECTING, arrive_when_settled(&arrival)).await.unwrap_or(Err(RemoteError::TooSlow))?;
    let number = arrival.made.fetch_add(1, Ordering::Relaxed);
    // One that only rested has a client for values that is as good as another one.
    let rested = slot.connection.lock().clone().and_then(|connection| connection.values);
    let values = rested.or_else(|| arrival.place.cluster().map(Cluster::values));
    let answered = Arc::new(Mutex::new(Instant::now()));
    let connection = Connection { number, commands, values, answered, slot: slot.clone() };
    *slot.connection.lock() = Some(connection.clone());
    Ok(connection)
}

/// While primaries of a cluster change places, its nodes do not agree for a moment.
async fn arrive_when_settled(arrival: &Arrival) -> Result<MultiplexedConnection, RemoteError> {
    let mut left = if arrival.place.cluster().is_some() { SETTLING.0 } else { 1 };
    loop {
        left -= 1;
        match arrive(arrival).await {
            Err(_) if left > 0 => sleep(SETTLING.1).await,
            result => return result,
        }
    }
}

/// A server that was started again, or took the place of another one, may have lost changes: whoever arrives there first ends everything.
async fn arrive(arrival: &Arrival) -> Result<MultiplexedConnection, RemoteError> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECTING)).set_response_timeout(Some(ANSWERING));
    let client = arrival.place.client().await.map_err(|error| failed(&error))?;
    let connecting = client.get_multiplexed_async_connection_with_config(&config).await;
    let mut commands = connecting.map_err(|error| failed(&error))?;
    let mut asking = redis::cmd("INFO");
    if arrival.place.cluster().is_none() {
        asking.arg("server");
    }
    let info: String = asking.query_async(&mut commands).await.map_err(|error| failed(&error))?;
    let run = identity(&info);
    let (names, stamp) = (&arrival.names, arrival.stamps.next());
    let mut call = redis::cmd("EVAL");
    call.arg(scripts::ARRIVE).arg(3).arg(names.own("run")).arg(names.own("sequence")).arg(names.stamp(ALL));
    call.arg(run).arg(stamp).arg(names.channel()).arg(message::write(stamp, &[ALL]));
    call.query_async::<()>(&mut commands).await.map_err(|error| failed(&error))?;
    Ok(commands)
}

/// The run of a server, and in a cluster also its turn as the one that takes writes: a replica that is promoted begins another history.
fn identity(info: &str) -> String {
    let of = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
    format!("{} {}", of("run_id:"), of("master_replid:")).trim_end().to_owned()
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").finish_non_exhaustive()
    }
}
