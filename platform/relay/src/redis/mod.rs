//! Redis: each event is published to a channel and appended to a stream, answered before the log's place moves.
//!
//! - **Name**: `<prefix><type>`, by default `events:<type>`, for the channel and the stream (a channel is no key). Events of all tenants come
//!   there; the tenant is in the event, and a field of the entry.
//! - **Content**: a CloudEvent in JSON. An entry has the fields `id`, `tenant`, `subject` and `event`, the last the whole of it.
//! - **In order**: a part of the log is one transaction of Redis (`MULTI`), so that all of it is there or nothing.
//! - **Lost things**: the hash `banyan:relay:<prefix>` holds when it was made, and how many events of each service were sent. It is written in
//!   the same transactions. Redis writes its file in order, so where the count is there the events before it are, too; where it is not, or the
//!   hash is another one, the log is sent again.
//!
//! One server that takes writes, with replicas or a sentinel's address before it if need be. Not Redis Cluster: a transaction has several keys.

mod options;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use banyan_contracts::CloudEvent;
use banyan_events::log::{Doing, Last, Mark, Opened, Sink, SinkError};
use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Pipeline, RedisError};

pub use options::{Delivery, RedisOptions, UnusableRedis};

use crate::message::{Message, loads};
use crate::{CONNECT_DEADLINE, DEADLINE, LOOK};

/// The identity of what keeps nothing.
const CHANNELS: &str = "channels";

/// A Redis that hears the events of all services.
pub struct RedisSink {
    options: RedisOptions,
    current: Mutex<Option<Connection>>,
    /// One connection is made at a time.
    making: tokio::sync::Mutex<()>,
    epoch: AtomicU64,
}

#[derive(Clone)]
struct Connection {
    epoch: u64,
    commands: MultiplexedConnection,
}

/// To the commands that ask for what is [`Found`].
type Answers = ((Option<String>, Option<u64>), String, (u64, u64));

/// What Redis says of itself.
struct Found {
    made: Option<String>,
    sent: u64,
    /// It is another one after each start.
    run: String,
    /// Seconds and microseconds.
    time: (u64, u64),
}

impl RedisSink {
    /// Nothing is connected yet: a broker that is away keeps nobody from starting.
    pub fn new(options: RedisOptions) -> Self {
        Self { options, current: Mutex::new(None), making: tokio::sync::Mutex::default(), epoch: AtomicU64::new(0) }
    }

    async fn connected(&self) -> Result<Connection, SinkError> {
        let _turn = self.making.lock().await;
        if let Some(connection) = self.current.lock().clone() {
            return Ok(connection);
        }
        let client = self.options.client().await?;
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT_DEADLINE)).set_response_timeout(Some(DEADLINE));
        let connecting = client.get_multiplexed_async_connection_with_config(&config);
        let commands = match tokio::time::timeout(CONNECT_DEADLINE, connecting).await {
            Ok(Ok(commands)) => commands,
            Ok(Err(error)) => return Err(self.away(&error)),
            Err(_) => return Err(SinkError(format!("Redis at {} does not answer in time", self.options.shown))),
        };
        let connection = Connection { epoch: self.epoch.fetch_add(1, Ordering::AcqRel) + 1, commands };
        *self.current.lock() = Some(connection.clone());
        Ok(connection)
    }

    fn away(&self, error: &RedisError) -> SinkError {
        SinkError(format!("Redis at {} does not answer as it should: {error}", self.options.shown))
    }

    /// A connection that failed is not used again: nobody knows what of it was heard.
    fn failed(&self, used: u64, error: &RedisError) -> SinkError {
        let mut current = self.current.lock();
        if current.as_ref().is_some_and(|current| current.epoch == used) {
            *current = None;
            self.epoch.fetch_add(1, Ordering::AcqRel);
        }
        self.away(error)
    }

    async fn look(&self, service: &str, noted: Option<&Mark>) -> Result<Opened, SinkError> {
        let Connection { epoch, mut commands } = self.connected().await?;
        let looked = match self.options.delivery {
            Delivery::Channel => self.ping(&mut commands).await,
            Delivery::Stream | Delivery::Both => self.compare(&mut commands, service, noted).await,
        };
        let (identity, lost) = looked.map_err(|error| self.failed(epoch, &error))?;
        Ok(Opened { epoch, identity, lost })
    }

    /// What nobody keeps is not lost.
    async fn ping(&self, commands: &mut MultiplexedConnection) -> Result<(String, Option<String>), RedisError> {
        redis::cmd("PING").query_async::<()>(commands).await?;
        Ok((CHANNELS.to_owned(), None))
    }

    async fn compare(
        &self,
        commands: &mut MultiplexedConnection,
        service: &str,
        noted: Option<&Mark>,
    ) -> Result<(String, Option<String>), RedisError> {
        let mut found = self.ask(commands, service).await?;
        if found.made.is_none() {
            let name = format!("{}.{}{:06}", found.run, found.time.0, found.time.1);
            redis::cmd("HSETNX").arg(self.options.book()).arg("made").arg(name).query_async::<()>(commands).await?;
            found = self.ask(commands, service).await?;
        }
        let made = found.made.unwrap_or_default();
        let lost = noted.and_then(|noted| {
            if noted.identity.split(' ').next() != Some(&made) {
                return Some(format!("what Redis keeps begins anew with {made}"));
            }
            let last = noted.last.map_or(0, |last| last.sequence);
            (found.sent < last).then(|| format!("Redis has {} events of the log, but answered that it has {last}", found.sent))
        });
        // With the run: what was answered before a restart and is not noted yet must not be taken for kept.
        Ok((format!("{made} {}", found.run), lost))
    }

    async fn ask(&self, commands: &mut MultiplexedConnection, service: &str) -> Result<Found, RedisError> {
        let mut asking = redis::pipe();
        asking.cmd("HMGET").arg(self.options.book()).arg("made").arg(sent_field(service));
        asking.cmd("INFO").arg("server");
        asking.cmd("TIME");
        let ((made, sent), info, time): Answers = asking.query_async(commands).await?;
        let run = info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap_or_default().trim().to_owned();
        Ok(Found { made, sent: sent.unwrap_or(0), run, time })
    }

    fn transaction(&self, service: &str, load: &[Message]) -> Pipeline {
        let mut transaction = redis::pipe();
        transaction.atomic();
        for Message { event, content } in load {
            let name = self.options.name_of(&event.kind);
            if self.options.delivery.keeps() {
                let entry = transaction.cmd("XADD").arg(&name).arg("MAXLEN").arg("~").arg(self.options.max_length).arg("*");
                entry.arg("id").arg(event.id.to_string()).arg("tenant").arg(event.tenant.to_string());
                entry.arg("subject").arg(&event.subject).arg("event").arg(&content[..]).ignore();
            }
            if self.options.delivery.publishes() {
                transaction.cmd("PUBLISH").arg(&name).arg(&content[..]).ignore();
            }
        }
        if self.options.delivery.keeps() {
            transaction.cmd("HINCRBY").arg(self.options.book()).arg(sent_field(service)).arg(load.len());
        }
        transaction
    }

    async fn send_all(&self, service: &str, under: u64, events: Vec<Arc<CloudEvent>>) -> Result<Option<Last>, SinkError> {
        let connection = self.current.lock().clone().filter(|connection| connection.epoch == under);
        let Some(Connection { epoch, mut commands }) = connection else {
            return Err(SinkError("Redis is no longer connected as it was".to_owned()));
        };
        let mut last = None;
        for load in loads(Message::all(events)?) {
            let transaction = self.transaction(service, &load);
            let sent: Vec<u64> = transaction.query_async(&mut commands).await.map_err(|error| self.failed(epoch, &error))?;
            let event = load.last().map(|message| message.event.id);
            last = sent.first().zip(event).map(|(sequence, event)| Last { sequence: *sequence, event }).or(last);
        }
        Ok(last)
    }
}

fn sent_field(service: &str) -> String {
    format!("sent:{service}")
}

impl Sink for RedisSink {
    fn name(&self) -> &'static str {
        "relay.redis"
    }

    fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    fn open<'a>(&'a self, service: &'a str, noted: Option<&'a Mark>) -> Doing<'a, Result<Opened, SinkError>> {
        Box::pin(self.look(service, noted))
    }

    fn send<'a>(
        &'a self,
        service: &'a str,
        epoch: u64,
        events: Vec<Arc<CloudEvent>>,
    ) -> Doing<'a, Result<Option<Last>, SinkError>> {
        Box::pin(self.send_all(service, epoch, events))
    }

    /// Whoever empties it cuts no connection.
    fn look_every(&self) -> Option<Duration> {
        Some(LOOK)
    }
}

impl std::fmt::Debug for RedisSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisSink").field("at", &self.options.shown).finish_non_exhaustive()
    }
}
