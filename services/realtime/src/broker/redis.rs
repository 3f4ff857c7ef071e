//! Several processes as one, by Redis: what is kept stands in a stream a room, and what is said is published in the same script, so that all
//! hear it in the order of its places.
//!
//! - `banyan:rt:{<tenant>:<room>}`: the channel. With `:s` the stream, with `:m` its epoch and latest offset, with `:o:<id>` what was said once,
//!   with `:z` and `:h` who is there.
//! - Redis may lose what is published while it is away. When it is back, the latest place of each room is compared with what was heard, and who
//!   has missed something is told to subscribe anew, which reads it from the stream.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use banyan_kernel::{Random, Secret, Uuid};
use futures_util::StreamExt as _;
use parking_lot::Mutex;
use redis::aio::{MultiplexedConnection, PubSubSink};
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, Msg};
use serde_json::value::RawValue;
use tokio::sync::watch;
use tokio::time::timeout;

use super::{Asked, Broker, BrokerError, Ear, Kept, Notice, Order, Place, Said, new_epoch};
use crate::room::RoomKey;
use crate::settings::Keep;

/// No call waits longer.
const DEADLINE: Duration = Duration::from_secs(3);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How long what was said once is known, in seconds.
const KNOWN: u64 = 3_600;
/// Without a publication for so many seconds a room begins anew, at least.
const FORGOTTEN: u64 = 3_600;
/// Rooms that one command names.
const AT_ONCE: usize = 500;

const PREFIX: &str = "banyan:rt:{";
const CONTROL: &str = "banyan:rt:control";

/// `KEYS`: stream, meta, known. `ARGV`: body, size, ttl, channel, a new epoch, ttl of the meta, ttl of the known or 0.
const PUBLISH: &str = r"
if ARGV[7] ~= '0' then
  local known = redis.call('GET', KEYS[3])
  if known then return known end
end
local epoch = redis.call('HGET', KEYS[2], 'e')
if not epoch then
  epoch = ARGV[5]
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[2], 'e', epoch)
end
local offset = redis.call('HINCRBY', KEYS[2], 's', 1)
redis.call('EXPIRE', KEYS[2], ARGV[6])
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[2], string.format('%d-0', offset), 'd', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
local place = string.format('%d', offset) .. ':' .. epoch
redis.call('PUBLISH', ARGV[4], 'p:' .. place .. ':' .. ARGV[1])
if ARGV[7] ~= '0' then redis.call('SET', KEYS[3], place, 'EX', ARGV[7]) end
return place
";

/// `KEYS`: stream, meta. `ARGV`: the end to begin at, count, `latest` or `oldest`, a new epoch, ttl of the meta.
const HISTORY: &str = r"
local epoch = redis.call('HGET', KEYS[2], 'e')
if not epoch then
  epoch = ARGV[4]
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[2], 'e', epoch)
  redis.call('EXPIRE', KEYS[2], ARGV[5])
end
local top = redis.call('HGET', KEYS[2], 's') or '0'
local found = {}
if ARGV[2] ~= '0' then
  if ARGV[3] == 'latest' then
    found = redis.call('XREVRANGE', KEYS[1], ARGV[1], '-', 'COUNT', ARGV[2])
  else
    found = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])
  end
end
return { top .. ':' .. epoch, found }
";

/// `KEYS`: ends, infos. `ARGV`: seconds, then pairs.
const BE_PRESENT: &str = r"
local time = redis.call('TIME')
for i = 2, #ARGV, 2 do
  redis.call('ZADD', KEYS[1], time[1] + ARGV[1], ARGV[i])
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
end
redis.call('EXPIRE', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[1])
return 1
";

/// `KEYS`: ends, infos. `ARGV`: how many at most. Who was not heard of in time is gone.
const PRESENCE: &str = r"
local time = redis.call('TIME')
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', time[1], 'LIMIT', 0, 1000)
for _, client in ipairs(gone) do
  redis.call('ZREM', KEYS[1], client)
  redis.call('HDEL', KEYS[2], client)
end
local found = {}
for _, client in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. time[1], '+inf', 'LIMIT', 0, ARGV[1])) do
  local info = redis.call('HGET', KEYS[2], client)
  if info then
    found[#found + 1] = client
    found[#found + 1] = info
  end
end
return found
";

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

fn away(error: &redis::RedisError) -> BrokerError {
    BrokerError::Away(error.to_string())
}

fn key(room: &RoomKey, end: &str) -> String {
    format!("{PREFIX}{}:{}}}{end}", room.tenant, room.name)
}

fn room_of(channel: &str) -> Option<RoomKey> {
    let (tenant, name) = channel.strip_prefix(PREFIX)?.strip_suffix('}')?.split_once(':')?;
    RoomKey::new(tenant.parse().ok()?, name)
}

fn place_of(text: &str) -> Result<Place, BrokerError> {
    let read = text.split_once(':').and_then(|(offset, epoch)| Some(Place { epoch: epoch.into(), offset: offset.parse().ok()? }));
    read.ok_or_else(|| BrokerError::Away("a place that cannot be read".to_owned()))
}

fn script(text: &str, keys: &[String]) -> Cmd {
    let mut command = redis::cmd("EVAL");
    command.arg(text).arg(keys.len());
    for key in keys {
        command.arg(key);
    }
    command
}

/// Hears as long as anybody is there who could.
async fn hear(broker: Weak<Inner>) {
    let mut pause = FIRST_PAUSE;
    while let Some(inner) = broker.upgrade() {
        let connected = timeout(DEADLINE, inner.client.get_async_pubsub()).await;
        let Ok(Ok(connection)) = connected else {
            drop(inner);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            continue;
        };
        let (sink, mut messages) = connection.split();
        let mut restored = tokio::spawn(restore(inner.clone(), sink));
        let (ear, mut is_restored) = (inner.ear.clone(), false);
        drop(inner);
        loop {
            tokio::select! {
                message = messages.next() => {
                    let Some(message) = message else { break };
                    let Some(ear) = ear.upgrade() else { return };
                    tell(&*ear, &message);
                }
                done = &mut restored, if !is_restored => match done {
                    Ok(Restored::Whole) => is_restored = true,
                    // Once more, from the beginning.
                    _ => break,
                },
            }
        }
        restored.abort();
        let Some(inner) = broker.upgrade() else { return };
        inner.sink.send_replace(None);
        tracing::warn!("Redis is not heard any more; trying again");
        drop(inner);
        tokio::time::sleep(FIRST_PAUSE).await;
        pause = FIRST_PAUSE;
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Restored {
    Whole,
    Broken,
}

/// Hears again of all rooms, and finds who has missed something. Beside the reading, which confirms it.
async fn restore(inner: Arc<Inner>, mut sink: PubSubSink) -> Restored {
    if inner.subscribe(&mut sink, &[CONTROL.to_owned()]).await.is_err() {
        return Restored::Broken;
    }
    let Some(ear) = inner.ear.upgrade() else { return Restored::Broken };
    let rooms = ear.rooms();
    for some in rooms.chunks(AT_ONCE) {
        let channels: Vec<String> = some.iter().map(|room| key(room, "")).collect();
        if inner.subscribe(&mut sink, &channels).await.is_err() {
            return Restored::Broken;
        }
    }
    // Who listens from now on says so to this connection.
    inner.sink.send_replace(Some(sink));
    if !inner.heard.swap(true, Ordering::AcqRel) {
        return Restored::Whole;
    }
    for room in rooms {
        match inner.top(&room).await {
            Ok(Some(top)) => ear.compare(&room, &top),
            // All that was known of it is gone.
            Ok(None) => ear.compare(&room, &Place { epoch: "".into(), offset: 0 }),
            Err(error) => {
                tracing::warn!(%error, "the place of a room cannot be read");
                return Restored::Broken;
            }
        }
    }
    Restored::Whole
}

fn tell(ear: &dyn Ear, message: &Msg) {
    let (channel, content) = (message.get_channel_name(), message.get_payload_bytes());
    let Ok(content) = std::str::from_utf8(content) else { return };
    if channel == CONTROL {
        if let Ok(notice) = serde_json::from_str(content) {
            ear.noticed(&notice);
        }
        return;
    }
    if let (Some(room), Some(said)) = (room_of(channel), said_of(content)) {
        ear.heard(&room, &said);
    }
}

fn said_of(content: &str) -> Option<Said> {
    let (kind, rest) = content.split_once(':')?;
    Some(match kind {
        "p" => {
            let (offset, rest) = rest.split_once(':')?;
            let (epoch, body) = rest.split_once(':')?;
            Said::Publication { place: Some(Place { epoch: epoch.into(), offset: offset.parse().ok()? }), body: body.into() }
        }
        "l" => Said::Publication { place: None, body: rest.into() },
        "j" => Said::Joined(rest.into()),
        "g" => Said::Left(rest.into()),
        _ => return None,
    })
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
            let mut command = script(BE_PRESENT, &[key(room, ":z"), key(room, ":h")]);
            command.arg(ttl.as_secs());
            for (client, info) in some {
                command.arg(client.to_string()).arg(&**info);
            }
            self.0.ask::<u64>(&command).await?;
        }
        Ok(())
    }

    async fn be_gone(&self, room: &RoomKey, client: Uuid) -> Result<(), BrokerError> {
        let mut ends = redis::cmd("ZREM");
        ends.arg(key(room, ":z")).arg(client.to_string());
        self.0.ask::<u64>(&ends).await?;
        let mut infos = redis::cmd("HDEL");
        infos.arg(key(room, ":h")).arg(client.to_string());
        self.0.ask::<u64>(&infos).await.map(drop)
    }

    async fn presence(&self, room: &RoomKey, most: usize) -> Result<Vec<(String, Box<RawValue>)>, BrokerError> {
        let mut command = script(PRESENCE, &[key(room, ":z"), key(room, ":h")]);
        command.arg(most);
        let found: Vec<(String, String)> = self.0.ask(&command).await?;
        Ok(found.into_iter().filter_map(|(client, info)| Some((client, RawValue::from_string(info).ok()?))).collect())
    }

    async fn rooms(&self, tenant: Uuid, most: usize) -> Result<Vec<String>, BrokerError> {
        let mut command = redis::cmd("PUBSUB");
        command.arg("CHANNELS").arg(format!("{PREFIX}{tenant}:*"));
        let channels: Vec<String> = self.0.ask(&command).await?;
        let rooms = channels.iter().filter_map(|channel| room_of(channel));
        Ok(rooms.map(|room| room.name.to_string()).take(most).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_name_their_rooms_and_what_is_said_is_read() {
        let room = RoomKey::new(Uuid::nil(), "market:BTC-USD").unwrap();
        assert_eq!(room_of(&key(&room, "")), Some(room));
        assert_eq!(room_of("banyan:rt:{x}"), None);
        let said = said_of("p:7:abc:{\"data\":\":\"}").unwrap();
        assert!(
            matches!(said, Said::Publication { place: Some(place), body } if place.offset == 7 && &*place.epoch == "abc" && &*body == "{\"data\":\":\"}")
        );
        assert!(said_of("x").is_none() && said_of("p:a:b:c").is_none());
    }
}
