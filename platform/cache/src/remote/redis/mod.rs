//! Redis. Stamps lie under one hash tag, so that those of one change are in one place; values stand by themselves.

mod address;
mod cluster;
mod connections;
mod message;
mod scripts;
mod standing;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use banyan_kernel::Random;
use futures_util::StreamExt as _;
use redis::{Cmd, ErrorKind, FromRedisValue, Pipeline, ServerErrorKind, cmd};
use tokio::time::{Instant, timeout, timeout_at};

pub use address::{RemoteSettings, Sentinels, UnusableAddress};
pub use standing::{ClusterStanding, Standing};

use super::{Change, Ear, Looked, PatternChange, Remote, RemoteError};
use crate::change::MOST_PATTERNS;
use crate::key::{ALL, OF_REGION};
use connections::{CONNECTING, Connections};

/// After which time the stamp of a key or tag is forgotten, unless it changes. What lies under it then ends.
const STAMPS_KEPT: Duration = Duration::from_secs(86_400);
/// How often a listener that hears nothing looks whether there was nothing to hear.
const LOOK: Duration = Duration::from_secs(1);

/// Redis as the shared part.
#[derive(Debug)]
pub struct RedisRemote {
    connections: Connections,
    names: Names,
}

/// What things are called in Redis.
#[derive(Clone, Debug)]
struct Names {
    prefix: Arc<str>,
}

impl Names {
    fn stamp(&self, name: &[u8]) -> Vec<u8> {
        [b"{", self.prefix.as_bytes(), b"}:s:", name].concat()
    }

    fn lock(&self, name: &[u8]) -> Vec<u8> {
        [self.prefix.as_bytes(), b":l:", name].concat()
    }

    fn value(&self, name: &[u8]) -> Vec<u8> {
        [self.prefix.as_bytes(), b":v:", name].concat()
    }

    fn own(&self, name: &str) -> String {
        format!("{{{}}}:{name}", self.prefix)
    }

    fn patterns(&self, region: &str) -> String {
        self.own(&format!("p:{region}"))
    }

    fn channel(&self) -> String {
        format!("{}:changes", self.prefix)
    }
}

impl RedisRemote {
    /// Nothing is connected yet: a Redis that is away keeps nobody from starting.
    ///
    /// # Errors
    /// When the address is none of Redis.
    pub fn new(settings: &RemoteSettings, random: &dyn Random) -> Result<Self, UnusableAddress> {
        let names = Names { prefix: settings.prefix.as_str().into() };
        Ok(Self { connections: Connections::new(settings, names.clone(), random)?, names })
    }

    async fn run<T: FromRedisValue>(&self, pipeline: &Pipeline) -> Result<T, RemoteError> {
        let mut is_again = false;
        loop {
            let connection = self.connections.of_worker().await?;
            let mut commands = connection.commands.clone();
            let error = match pipeline.query_async(&mut commands).await {
                Ok(answer) => {
                    connection.answered();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            self.connections.failed(&connection, &error);
            // Nothing was done there: another server of the cluster has the stamps since.
            if is_again || error.kind() != ErrorKind::Server(ServerErrorKind::Moved) {
                return Err(failed(&error));
            }
            is_again = true;
        }
    }

    /// A command about one value or lock, wherever that lies.
    async fn run_apart<T: FromRedisValue>(&self, command: Cmd) -> Result<T, RemoteError> {
        if !self.connections.are_spread() {
            let mut asking = redis::pipe();
            asking.add_command(command);
            return Ok(self.run::<(T,)>(&asking).await?.0);
        }
        let Some(mut values) = self.connections.of_worker().await?.values else { return Err(RemoteError::TooSlow) };
        command.query_async(&mut values).await.map_err(|error| failed(&error))
    }

    /// The value and the stamps at once, from two servers. Whichever is read first: a stamp never comes twice, so a value that fits stamps of
    /// any moment of the question counted at that moment. A value that cannot be had is one that there is not.
    async fn look_apart(&self, value: &[u8], stamps: &[&[u8]]) -> Result<Looked, RemoteError> {
        let mut asking = cmd("GET");
        asking.arg(self.names.value(value));
        let (value, looked) = tokio::join!(self.run_apart::<Option<Vec<u8>>>(asking), self.look(None, stamps));
        Ok(Looked { value: value.unwrap_or_default(), ..looked? })
    }

    async fn sequence(&self) -> Result<u64, RemoteError> {
        let mut asking = redis::pipe();
        asking.cmd("GET").arg(self.names.own("sequence"));
        let (sequence,): (Option<u64>,) = self.run(&asking).await?;
        Ok(sequence.unwrap_or(0))
    }

    async fn hear(&self, ear: &dyn Ear) -> Result<(), RemoteError> {
        let client = timeout(CONNECTING, self.connections.client()).await.unwrap_or(Err(RemoteError::TooSlow))?;
        let mut subscribed = timeout(CONNECTING, client.get_async_pubsub())
            .await
            .map_err(|_| RemoteError::TooSlow)?
            .map_err(|error| failed(&error))?;
        timeout(CONNECTING, subscribed.subscribe(self.names.channel()))
            .await
            .map_err(|_| RemoteError::TooSlow)?
            .map_err(|error| failed(&error))?;
        // Also makes the connection for commands, which notices whether this is another Redis than before.
        let mut last = timeout(CONNECTING, self.sequence()).await.unwrap_or(Err(RemoteError::TooSlow))?;
        ear.hears();
        let mut messages = subscribed.into_on_message();
        let mut look_at = Instant::now() + LOOK;
        loop {
            let message = match timeout_at(look_at, messages.next()).await {
                Ok(Some(message)) => message,
                Ok(None) => return Err(RemoteError::Failed("the subscription ended".to_owned())),
                Err(_) => {
                    // A connection that was cut without a word says nothing either.
                    let sequence = timeout(CONNECTING, self.sequence()).await.unwrap_or(Err(RemoteError::TooSlow))?;
                    let Some(message) = self.awaited(sequence, last, &mut messages).await? else {
                        look_at = Instant::now() + LOOK;
                        continue;
                    };
                    message
                }
            };
            let Some(heard) = message::read(message.get_payload_bytes()) else {
                return Err(RemoteError::Failed("a message that is none of ours".to_owned()));
            };
            // What was sent between the subscription and the first look is told, too.
            if heard.sequence > last + 1 || (heard.sequence < last && heard.sequence == 1) {
                return Err(RemoteError::Failed("changes were missed".to_owned()));
            }
            last = last.max(heard.sequence);
            ear.heard(heard.stamp, &heard.names);
        }
    }

    /// The next message, if the sequence says that there must be one.
    async fn awaited(
        &self,
        sequence: u64,
        last: u64,
        messages: &mut redis::aio::PubSubStream,
    ) -> Result<Option<redis::Msg>, RemoteError> {
        if sequence == last {
            return Ok(None);
        }
        match timeout(LOOK, messages.next()).await {
            Ok(Some(message)) => Ok(Some(message)),
            _ => Err(RemoteError::Failed("changes were not heard".to_owned())),
        }
    }
}

#[async_trait]
impl Remote for RedisRemote {
    async fn look(&self, value: Option<&[u8]>, stamps: &[&[u8]]) -> Result<Looked, RemoteError> {
        if let Some(name) = value.filter(|_| self.connections.are_spread()) {
            return self.look_apart(name, stamps).await;
        }
        let mut asking = redis::pipe();
        if let Some(name) = value {
            asking.cmd("GET").arg(self.names.value(name));
        }
        asking.add_command(stamped(cmd("MGET"), &self.names, stamps));
        let (value, stamps) = match value {
            Some(_) => self.run::<(Option<Vec<u8>>, Vec<Option<u64>>)>(&asking).await?,
            None => (None, self.run::<(Vec<Option<u64>>,)>(&asking).await?.0),
        };
        Ok(Looked { value, stamps: stamps.into_iter().map(Option::unwrap_or_default).collect() })
    }

    async fn ensure(&self, stamps: &[&[u8]], fresh: u64) -> Result<Vec<u64>, RemoteError> {
        let mut call = cmd("EVAL");
        call.arg(scripts::ENSURE).arg(stamps.len());
        let mut call = stamped(call, &self.names, stamps);
        call.arg(fresh);
        stamps.iter().for_each(|name| kept(&mut call, name));
        let mut asking = redis::pipe();
        asking.add_command(call);
        Ok(self.run::<(Vec<u64>,)>(&asking).await?.0)
    }

    async fn put(&self, value: &[u8], bytes: Vec<u8>, ttl: Duration) -> Result<(), RemoteError> {
        let mut asking = cmd("SET");
        asking.arg(self.names.value(value)).arg(bytes).arg("PX").arg(millis(ttl).max(1));
        self.run_apart(asking).await
    }

    async fn lock(&self, value: &[u8], token: u64, lease: Duration) -> Result<bool, RemoteError> {
        let mut asking = cmd("SET");
        asking.arg(self.names.lock(value)).arg(token).arg("NX").arg("PX").arg(millis(lease).max(1));
        Ok(self.run_apart::<Option<String>>(asking).await?.is_some())
    }

    async fn unlock(&self, value: &[u8], token: u64) -> Result<(), RemoteError> {
        let mut asking = cmd("EVAL");
        asking.arg(scripts::UNLOCK).arg(1).arg(self.names.lock(value)).arg(token);
        self.run_apart(asking).await
    }

    async fn change(&self, change: &Change) -> Result<(), RemoteError> {
        let names: Vec<&[u8]> = change.names.iter().map(|name| &name[..]).collect();
        let (list, text) = match &change.pattern {
            Some((region, realm, glob)) => (self.names.patterns(region), format!("{realm} {glob}")),
            None => (self.names.own("p"), String::new()),
        };
        let mut call = cmd("EVAL");
        call.arg(scripts::CHANGE).arg(names.len() + 2).arg(self.names.own("sequence")).arg(list);
        let mut call = stamped(call, &self.names, &names);
        call.arg(change.stamp).arg(millis(STAMPS_KEPT)).arg(self.names.channel());
        call.arg(message::write(change.stamp, &names)).arg(text).arg(MOST_PATTERNS);
        names.iter().for_each(|name| kept(&mut call, name));
        let mut asking = redis::pipe();
        asking.add_command(call).ignore();
        self.run(&asking).await
    }

    async fn patterns(&self, region: &str) -> Result<Vec<PatternChange>, RemoteError> {
        let mut asking = redis::pipe();
        asking.cmd("LRANGE").arg(self.names.patterns(region)).arg(0).arg(-1);
        let (lines,): (Vec<String>,) = self.run(&asking).await?;
        Ok(lines.iter().filter_map(|line| message::pattern(line)).collect())
    }

    async fn listen(&self, ear: &dyn Ear) -> RemoteError {
        match self.hear(ear).await {
            Ok(()) => RemoteError::Failed("the subscription ended".to_owned()),
            Err(error) => error,
        }
    }
}

fn stamped(mut command: redis::Cmd, names: &Names, stamps: &[&[u8]]) -> redis::Cmd {
    for name in stamps {
        command.arg(names.stamp(name));
    }
    command
}

/// The stamps over everything and over regions are few, and stay.
fn kept(call: &mut redis::Cmd, name: &[u8]) {
    let stays = name == ALL || name.starts_with(OF_REGION);
    call.arg(if stays { 0 } else { millis(STAMPS_KEPT) });
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn failed(error: &redis::RedisError) -> RemoteError {
    RemoteError::Failed(error.to_string())
}
