//! Several processes as one, by Redis: what is kept stands in a stream a room, and what is said is published in the same script, so that all
//! hear it in the order of its places.
//!
//! - `banyan:rt:{<tenant>:<room>}`: the channel. With `:s` the stream, with `:m` its epoch and latest offset, with `:o:<id>` what was said once,
//!   with `:z`, `:h` and `:u` who is there: until when, what others see, how many connections of each person.
//! - Redis may lose what is published while it is away. When it is back, the latest place of each room is compared with what was heard, and who
//!   has missed something is told to subscribe anew, which reads it from the stream.

mod hear;
mod names;
mod scripts;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use banyan_kernel::{Random, Secret, Uuid};
use parking_lot::Mutex;
use redis::aio::{MultiplexedConnection, PubSubSink};
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue};
use serde_json::value::RawValue;
use tokio::sync::watch;
use tokio::time::timeout;

use hear::hear;
use names::{CONTROL, PREFIX, key, place_of, room_of};
use scripts::{BE_GONE, BE_PRESENT, HISTORY, PRESENCE, PRESENCE_STATS, PUBLISH, script};

use super::{Asked, Broker, BrokerError, Crowd, Ear, Kept, Notice, Order, Place, Said, new_epoch};
use crate::room::RoomKey;
use crate::settings::Keep;

/// No call waits longer.
const DEADLINE: Duration = Duration::from_secs(3);
/// How long what was said once is known, in seconds.
const KNOWN: u64 = 3_600;
/// Without a publication for so many seconds a room begins anew, at least.
const FORGOTTEN: u64 = 3_600;
/// Rooms that one command names.
const AT_ONCE: usize = 500;

pub(crate) struct RedisBroker(Arc<Inner>);

struct Inner {
    client: Client,
    ear: Weak<dyn Ear>,
    random: Arc<dyn Random>,
    commands: Mutex<Option<MultiplexedConnection>>,
    /// One connection is made at a time.
    making: tokio::sync::Mutex<()>,
    hears: AtomicBool,
    /// A connection was heard before: only then somebody can have missed something.
    heard: AtomicBool,
    /// One command of the hearing connection at a time: the client loses the answers to two about the same room.
    saying: tokio::sync::Mutex<()>,
    sink: watch::Sender<Option<PubSubSink>>,
}

impl RedisBroker {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// For what is no address of Redis.
    pub(crate) fn new(url: &Secret<String>, ear: Weak<dyn Ear>, random: Arc<dyn Random>) -> Result<Self, BrokerError> {
        let client = Client::open(url.expose().as_str()).map_err(|error| BrokerError::Away(format!("{:?}", error.kind())))?;
        let sink = watch::Sender::new(None);
        let (commands, making, saying) = (Mutex::new(None), tokio::sync::Mutex::default(), tokio::sync::Mutex::default());
        Ok(Self(Arc::new(Inner {
            client,
            ear,
            random,
            commands,
            making,
            hears: AtomicBool::new(false),
            heard: AtomicBool::new(false),
            saying,
            sink,
        })))
    }

    /// The connection that hears; made at the first call, and again whenever it is lost.
    async fn sink(&self) -> Result<PubSubSink, BrokerError> {
        self.begin();
        let mut sink = self.0.sink.subscribe();
        let there = timeout(DEADLINE, sink.wait_for(Option::is_some)).await;
        let there = there.ok().and_then(Result::ok).and_then(|sink| sink.clone());
        there.ok_or_else(|| BrokerError::Away("it cannot be heard".to_owned()))
    }
}

impl Inner {
    async fn commands(&self) -> Result<MultiplexedConnection, BrokerError> {
        let _turn = self.making.lock().await;
        if let Some(commands) = self.commands.lock().clone() {
            return Ok(commands);
        }
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(DEADLINE)).set_response_timeout(Some(DEADLINE));
        let made = self.client.get_multiplexed_async_connection_with_config(&config).await.map_err(|error| away(&error))?;
        *self.commands.lock() = Some(made.clone());
        Ok(made)
    }

    /// A connection that failed is not used again.
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, BrokerError> {
        let mut commands = self.commands().await?;
        let asked = timeout(DEADLINE, command.query_async(&mut commands)).await;
        let answer = asked
            .map_err(|_| BrokerError::Away("no answer in time".to_owned()))
            .and_then(|answer| answer.map_err(|error| away(&error)));
        if answer.is_err() {
            *self.commands.lock() = None;
        }
        answer
    }

    /// Hears of channels from now on.
    async fn subscribe(&self, sink: &mut PubSubSink, channels: &[String]) -> Result<(), BrokerError> {
        let _turn = self.saying.lock().await;
        let subscribing = timeout(DEADLINE, sink.subscribe(channels)).await;
        subscribing.map_err(|_| BrokerError::Away("no answer in time".to_owned()))?.map_err(|error| away(&error))
    }

    async fn top(&self, room: &RoomKey) -> Result<Option<Place>, BrokerError> {
        let mut command = redis::cmd("HMGET");
        command.arg(key(room, ":m")).arg("s").arg("e");
        let (offset, epoch): (Option<u64>, Option<String>) = self.ask(&command).await?;
        Ok(epoch.map(|epoch| Place { epoch: epoch.into(), offset: offset.unwrap_or_default() }))
    }
}

/// Who is there: ends, infos, people.
fn present_keys(room: &RoomKey) -> [String; 3] {
    [":z", ":h", ":u"].map(|end| key(room, end))
}

fn away(error: &redis::RedisError) -> BrokerError {
    BrokerError::Away(error.to_string())
}

#[async_trait]
impl Broker for RedisBroker {
    fn begin(&self) {
        if !self.0.hears.swap(true, Ordering::AcqRel) {
            tokio::spawn(hear(Arc::downgrade(&self.0)));
        }
    }

    async fn listen(&self, room: &RoomKey) -> Result<(), BrokerError> {
        let mut sink = self.sink().await?;
        self.0.subscribe(&mut sink, &[key(room, "")]).await
    }

    async fn forget(&self, room: &RoomKey) -> Result<(), BrokerError> {
        let Some(mut sink) = self.0.sink.borrow().clone() else { return Ok(()) };
        let _turn = self.0.saying.lock().await;
        let forgetting = timeout(DEADLINE, sink.unsubscribe(key(room, ""))).await;
        forgetting.map_err(|_| BrokerError::Away("no answer in time".to_owned()))?.map_err(|error| away(&error))
    }

    async fn publish(&self, room: &RoomKey, body: &str, keep: Keep, once: Option<Uuid>) -> Result<Option<Place>, BrokerError> {
        if !keep.keeps() {
            self.tell(room, &Said::Publication { place: None, body: body.into() }).await?;
            return Ok(None);
        }
        let known = once.map_or_else(|| key(room, ":o"), |once| key(room, &format!(":o:{once}")));
        let mut command = script(PUBLISH, &[key(room, ":s"), key(room, ":m"), known]);
        command.arg(body).arg(keep.size).arg(keep.seconds).arg(key(room, "")).arg(new_epoch(&*self.0.random));
        command.arg(FORGOTTEN.max(keep.seconds * 2)).arg(once.map_or(0, |_| KNOWN));
        let place: String = self.0.ask(&command).await?;
        place_of(&place).map(Some)
    }

    async fn history(&self, room: &RoomKey, asked: Asked, keep: Keep) -> Result<Kept, BrokerError> {
        let begin = match (asked.order, asked.since) {
            (Order::OldestFirst, Some(since)) => since.saturating_add(1).to_string(),
            (Order::LatestFirst, Some(since)) => since.saturating_sub(1).to_string(),
            (Order::OldestFirst, None) => "-".to_owned(),
            (Order::LatestFirst, None) => "+".to_owned(),
        };
        // Nothing stands before the first.
        let most = if (asked.order, asked.since) == (Order::LatestFirst, Some(0)) { 0 } else { asked.most };
        let mut command = script(HISTORY, &[key(room, ":s"), key(room, ":m")]);
        command.arg(begin).arg(most).arg(if asked.order == Order::LatestFirst { "latest" } else { "oldest" });
        command.arg(new_epoch(&*self.0.random)).arg(FORGOTTEN.max(keep.seconds * 2));
        let (top, found): (String, Vec<(String, (String, String))>) = self.0.ask(&command).await?;
        let publication = |(id, (_, body)): (String, (String, String))| {
            let offset = id.split_once('-').and_then(|(offset, _)| offset.parse().ok());
            offset.map(|offset| (offset, body.into()))
        };
        Ok(Kept { top: place_of(&top)?, publications: found.into_iter().filter_map(publication).collect() })
    }

    async fn tell(&self, room: &RoomKey, said: &Said) -> Result<(), BrokerError> {
        let content = match said {
            Said::Publication { body, .. } => format!("l:{body}"),
            Said::Joined(info) => format!("j:{info}"),
            Said::Left(info) => format!("g:{info}"),
        };
        let mut command = redis::cmd("PUBLISH");
        command.arg(key(room, "")).arg(content);
        self.0.ask::<u64>(&command).await.map(drop)
    }

    async fn announce(&self, notice: &Notice) -> Result<(), BrokerError> {
        // Who cannot hear this process hears itself, at least.
        let _heard = self.sink().await?;
        let mut command = redis::cmd("PUBLISH");
        command.arg(CONTROL).arg(serde_json::to_string(notice).unwrap_or_default());
        self.0.ask::<u64>(&command).await.map(drop)
    }

    async fn be_present(&self, room: &RoomKey, people: &[(Uuid, Arc<str>)], ttl: Duration) -> Result<(), BrokerError> {
        for some in people.chunks(AT_ONCE) {
            let mut command = script(BE_PRESENT, &present_keys(room));
            command.arg(ttl.as_secs());
            for (client, info) in some {
                command.arg(client.to_string()).arg(&**info);
            }
            self.0.ask::<u64>(&command).await?;
        }
        Ok(())
    }

    async fn be_gone(&self, room: &RoomKey, client: Uuid) -> Result<(), BrokerError> {
        let mut command = script(BE_GONE, &present_keys(room));
        command.arg(client.to_string());
        self.0.ask::<u64>(&command).await.map(drop)
    }

    async fn presence(&self, room: &RoomKey, most: usize) -> Result<Vec<(String, Box<RawValue>)>, BrokerError> {
        let mut command = script(PRESENCE, &present_keys(room));
        command.arg(most);
        let found: Vec<(String, String)> = self.0.ask(&command).await?;
        Ok(found.into_iter().filter_map(|(client, info)| Some((client, RawValue::from_string(info).ok()?))).collect())
    }

    async fn presence_stats(&self, room: &RoomKey) -> Result<Crowd, BrokerError> {
        let (clients, users) = self.0.ask(&script(PRESENCE_STATS, &present_keys(room))).await?;
        Ok(Crowd { clients, users })
    }

    async fn rooms(&self, tenant: Uuid, most: usize) -> Result<Vec<String>, BrokerError> {
        let mut command = redis::cmd("PUBSUB");
        command.arg("CHANNELS").arg(format!("{PREFIX}{tenant}:*"));
        let channels: Vec<String> = self.0.ask(&command).await?;
        let rooms = channels.iter().filter_map(|channel| room_of(channel)).filter(|room| room.kind().is_some());
        Ok(rooms.map(|room| room.name.to_string()).take(most).collect())
    }
}
