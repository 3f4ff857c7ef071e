//! The shared counter in Redis: one script, so one round trip, and Redis's own time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use banyan_kernel::Secret;
use banyan_telemetry::metrics::PerWorker;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::cells::Verdict;
use super::shared::{SharedAnswer, SharedCell, SharedCounts, SharedError};

const CONNECTING: Duration = Duration::from_secs(2);

/// The algorithm of `Quota::next` for one to a few cells, all or none. A cell's key dies with its last microsecond.
/// `KEYS`: the cells. `ARGV`: interval and window of each, in microseconds. Answers: admitted, the time, then when each is empty.
const SCRIPT: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local admitted, before, after = 1, {}, {}
for i = 1, #KEYS do
  local interval, window = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  before[i] = tonumber(redis.call('GET', KEYS[i]) or 0)
  after[i] = math.max(before[i], now) + interval
  if after[i] - now > window then admitted = 0 end
end
local answer = { admitted, now }
for i = 1, #KEYS do
  if admitted == 1 then
    redis.call('SET', KEYS[i], string.format('%.0f', after[i]), 'PX', math.ceil((after[i] - now) / 1000))
    answer[i + 2] = after[i]
  else
    answer[i + 2] = before[i]
  end
end
return answer
";

/// Where Redis is, and how long a request waits for it.
#[derive(Clone)]
pub struct RedisOptions {
    /// `redis://…`, or `rediss://…` for TLS. It may hold a password.
    pub url: Secret<String>,
    /// After that the request is counted on this node alone. Some milliseconds.
    pub deadline: Duration,
}

/// The address cannot be Redis's.
#[derive(Debug, thiserror::Error)]
#[error("not an address of Redis: {0}")]
pub struct RedisError(String);

/// A connection for each worker, which stays with the worker's event loop.
pub(crate) struct RedisCounts {
    client: Client,
    deadline: Duration,
    workers: PerWorker<Arc<Slot>>,
}

#[derive(Default)]
struct Slot {
    connection: ArcSwapOption<Connection>,
    /// One connection is made at a time.
    making: Mutex<()>,
}

struct Connection {
    commands: MultiplexedConnection,
    /// The script's name at the server.
    script: String,
}

impl RedisCounts {
    pub(crate) fn new(options: &RedisOptions) -> Result<Self, RedisError> {
        let client = Client::open(options.url.expose().as_str()).map_err(|error| RedisError(error.kind_text()))?;
        Ok(Self { client, deadline: options.deadline, workers: PerWorker::new() })
    }

    /// The worker's connection. It is made beside the request: making it may take longer than a request waits.
    async fn connection(&self) -> Result<Arc<Connection>, SharedError> {
        let slot = self.workers.local().clone();
        if let Some(connection) = slot.connection.load_full() {
            return Ok(connection);
        }
        tokio::spawn(connect_once(self.client.clone(), slot)).await.map_err(failed)?
    }

    /// A connection that failed is not used again.
    fn drop_connection(&self, used: &Arc<Connection>) {
        let current = &self.workers.local().connection;
        if current.load().as_ref().is_some_and(|current| Arc::ptr_eq(current, used)) {
            current.store(None);
        }
    }

    async fn ask(&self, cells: &[SharedCell]) -> Result<SharedAnswer, SharedError> {
        let connection = self.connection().await?;
        let mut commands = connection.commands.clone();
        let call = with_cells(redis::cmd("EVALSHA").arg(&connection.script), cells).query_async::<Vec<i64>>(&mut commands).await;
        let answer = match call {
            // The server was told to forget its scripts.
            Err(error) if error.code() == Some("NOSCRIPT") => {
                with_cells(redis::cmd("EVAL").arg(SCRIPT), cells).query_async::<Vec<i64>>(&mut commands).await
            }
            other => other,
        };
        let answer = answer.map_err(|error| {
            self.drop_connection(&connection);
            failed(error)
        })?;
        match &*answer {
            [admitted, now, empty_at @ ..] => {
                let verdict = if *admitted == 1 { Verdict::Admitted } else { Verdict::Refused };
                Ok(SharedAnswer { verdict, now: *now, empty_at: empty_at.to_vec() })
            }
            _ => Err(SharedError::Failed("an answer without a time".into())),
        }
    }
}

/// Makes the connection, or waits for the one who makes it.
async fn connect_once(client: Client, slot: Arc<Slot>) -> Result<Arc<Connection>, SharedError> {
    let Ok(_turn) = slot.making.try_lock() else {
        drop(slot.making.lock().await);
        return slot.connection.load_full().ok_or(SharedError::TooSlow);
    };
    if let Some(connection) = slot.connection.load_full() {
        return Ok(connection);
    }
    let made = Arc::new(timeout(CONNECTING, connect(&client)).await.unwrap_or(Err(SharedError::TooSlow))?);
    slot.connection.store(Some(made.clone()));
    Ok(made)
}

async fn connect(client: &Client) -> Result<Connection, SharedError> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECTING)).set_response_timeout(Some(CONNECTING));
    let mut commands = client.get_multiplexed_async_connection_with_config(&config).await.map_err(failed)?;
    let script = redis::cmd("SCRIPT").arg("LOAD").arg(SCRIPT).query_async(&mut commands).await.map_err(failed)?;
    Ok(Connection { commands, script })
}

fn with_cells<'c>(command: &'c mut Cmd, cells: &[SharedCell]) -> &'c mut Cmd {
    command.arg(cells.len());
    for cell in cells {
        command.arg(&cell.key);
    }
    for cell in cells {
        command.arg(cell.quota.interval()).arg(cell.quota.window());
    }
    command
}

fn failed(error: impl fmt::Display) -> SharedError {
    SharedError::Failed(error.to_string())
}

#[async_trait]
impl SharedCounts for RedisCounts {
    async fn take(&self, cells: &[SharedCell]) -> Result<SharedAnswer, SharedError> {
        timeout(self.deadline, self.ask(cells)).await.unwrap_or(Err(SharedError::TooSlow))
    }

    async fn forget(&self, key: &str) -> Result<(), SharedError> {
        let forget = async {
            let mut commands = self.connection().await?.commands.clone();
            redis::cmd("DEL").arg(key).query_async::<()>(&mut commands).await.map_err(failed)
        };
        timeout(CONNECTING, forget).await.unwrap_or(Err(SharedError::TooSlow))
    }
}

/// What is wrong with an address, without the address.
trait KindText {
    fn kind_text(&self) -> String;
}

impl KindText for redis::RedisError {
    fn kind_text(&self) -> String {
        format!("{:?}", self.kind())
    }
}

impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}
