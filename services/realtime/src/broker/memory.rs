//! One process alone: rooms are in its memory.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::Duration;

use ahash::HashMap;
use async_trait::async_trait;
use banyan_kernel::{Random, Uuid};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::{Asked, Broker, BrokerError, Crowd, Ear, Kept, Notice, Order, Place, Said, new_epoch};
use crate::room::RoomKey;
use crate::settings::Keep;

/// Rooms of which something is kept, in each part.
const MOST_STREAMS: usize = 4_096;
const PARTS: usize = 16;
/// Without a publication for so long a room begins anew, at least.
const FORGOTTEN: Duration = Duration::from_secs(3_600);
/// Ids of publications that are known again, in a room.
const MOST_KNOWN: usize = 64;

pub(crate) struct MemoryBroker {
    ear: Weak<dyn Ear>,
    random: Arc<dyn Random>,
    /// The epoch of rooms in which nothing was said yet.
    fresh: Mutex<Arc<str>>,
    parts: Vec<Mutex<HashMap<RoomKey, Stream>>>,
    hash: ahash::RandomState,
    presence: Mutex<HashMap<RoomKey, Present>>,
}

/// Who is in a room.
#[derive(Default)]
struct Present {
    /// Until when, and what others see.
    clients: HashMap<Uuid, (Instant, Arc<str>)>,
    /// How many connections of each person these are, so that nobody has to count.
    users: HashMap<Arc<str>, usize>,
}

impl Present {
    fn add(&mut self, client: Uuid, until: Instant, info: &Arc<str>) {
        if self.clients.insert(client, (until, info.clone())).is_none() {
            *self.users.entry(user_of(info)).or_default() += 1;
        }
    }

    fn remove(&mut self, client: Uuid) {
        let Some((_, info)) = self.clients.remove(&client) else { return };
        let user = user_of(&info);
        let Some(count) = self.users.get_mut(&user) else { return };
        *count -= 1;
        if *count == 0 {
            self.users.remove(&user);
        }
    }
}

/// Whose connection it is, as others see it.
fn user_of(info: &str) -> Arc<str> {
    #[derive(Deserialize)]
    struct Shown<'i> {
        user: &'i str,
    }
    serde_json::from_str::<Shown<'_>>(info).map_or("", |shown| shown.user).into()
}

struct Stream {
    epoch: Arc<str>,
    top: u64,
    log: VecDeque<(u64, Instant, Arc<str>)>,
    known: VecDeque<(Uuid, u64)>,
    forgotten: Instant,
}

impl Stream {
    fn trim(&mut self, keep: Keep, now: Instant) {
        while self.log.len() > keep.size || self.log.front().is_some_and(|(_, until, _)| *until <= now) {
            self.log.pop_front();
        }
    }

    fn place(&self, offset: u64) -> Place {
        Place { epoch: self.epoch.clone(), offset }
    }

    fn read(&self, asked: Asked) -> Vec<(u64, Arc<str>)> {
        let shown = |(offset, _, body): &(u64, Instant, Arc<str>)| (*offset, body.clone());
        let since = asked.since;
        match asked.order {
            Order::OldestFirst => {
                let fits = |one: &&(u64, Instant, Arc<str>)| since.is_none_or(|since| one.0 > since);
                self.log.iter().filter(fits).take(asked.most).map(shown).collect()
            }
            Order::LatestFirst => {
                let fits = |one: &&(u64, Instant, Arc<str>)| since.is_none_or(|since| one.0 < since);
                self.log.iter().rev().filter(fits).take(asked.most).map(shown).collect()
            }
        }
    }
}

impl MemoryBroker {
    pub(crate) fn new(ear: Weak<dyn Ear>, random: Arc<dyn Random>) -> Self {
        let parts = (0..PARTS).map(|_| Mutex::default()).collect();
        let fresh = Mutex::new(new_epoch(&*random).into());
        Self { ear, random, fresh, parts, hash: ahash::RandomState::new(), presence: Mutex::default() }
    }

    /// The stream of the room, which is made if there is none.
    fn with<T>(&self, room: &RoomKey, keep: Keep, work: impl FnOnce(&mut Stream) -> T) -> Result<T, BrokerError> {
        let now = Instant::now();
        let mut streams = self.part(room).lock();
        if streams.get(room).is_some_and(|stream| stream.forgotten <= now)
            || (streams.len() >= MOST_STREAMS && !streams.contains_key(room))
        {
            streams.retain(|_, stream| stream.forgotten > now);
            // Offsets begin anew: nobody may take them for the former ones.
            *self.fresh.lock() = new_epoch(&*self.random).into();
        }
        if streams.len() >= MOST_STREAMS && !streams.contains_key(room) {
            return Err(BrokerError::Full);
        }
        let made =
            || Stream { epoch: self.fresh.lock().clone(), top: 0, log: VecDeque::new(), known: VecDeque::new(), forgotten: now };
        let stream = streams.entry(room.clone()).or_insert_with(made);
        stream.forgotten = now + FORGOTTEN.max(keep.ttl() * 2);
        stream.trim(keep, now);
        Ok(work(stream))
    }

    fn part(&self, room: &RoomKey) -> &Mutex<HashMap<RoomKey, Stream>> {
        &self.parts[usize::try_from(self.hash.hash_one(room)).unwrap_or_default() % PARTS]
    }

    fn say(&self, room: &RoomKey, said: &Said) {
        if let Some(ear) = self.ear.upgrade() {
            ear.heard(room, said);
        }
    }
}

#[async_trait]
impl Broker for MemoryBroker {
    async fn listen(&self, _: &RoomKey) -> Result<(), BrokerError> {
        Ok(())
    }

    async fn forget(&self, _: &RoomKey) -> Result<(), BrokerError> {
        Ok(())
    }

    async fn publish(&self, room: &RoomKey, body: &str, keep: Keep, once: Option<Uuid>) -> Result<Option<Place>, BrokerError> {
        if !keep.keeps() {
            self.say(room, &Said::Publication { place: None, body: body.into() });
            return Ok(None);
        }
        // Heard before the next one gets its place, so that all hear them in order.
        let place = self.with(room, keep, |stream| {
            if let Some((_, offset)) = once.and_then(|once| stream.known.iter().find(|(known, _)| *known == once)) {
                return stream.place(*offset);
            }
            stream.top += 1;
            let (offset, body) = (stream.top, Arc::<str>::from(body));
            stream.log.push_back((offset, Instant::now() + keep.ttl(), body.clone()));
            stream.trim(keep, Instant::now());
            if let Some(once) = once {
                stream.known.push_back((once, offset));
                if stream.known.len() > MOST_KNOWN {
                    stream.known.pop_front();
                }
            }
            let place = stream.place(offset);
            self.say(room, &Said::Publication { place: Some(place.clone()), body });
            place
        })?;
        Ok(Some(place))
    }

    async fn history(&self, room: &RoomKey, asked: Asked, keep: Keep) -> Result<Kept, BrokerError> {
        let mut streams = self.part(room).lock();
        // Looking makes no room: whoever may listen to any name must not fill the memory.
        let known = streams.get_mut(room).filter(|stream| stream.forgotten > Instant::now());
        let Some(stream) = known else {
            let top = Place { epoch: self.fresh.lock().clone(), offset: 0 };
            return Ok(Kept { top, publications: Vec::new() });
        };
        stream.trim(keep, Instant::now());
        Ok(Kept { top: stream.place(stream.top), publications: stream.read(asked) })
    }

    async fn tell(&self, room: &RoomKey, said: &Said) -> Result<(), BrokerError> {
        self.say(room, said);
        Ok(())
    }

    async fn announce(&self, notice: &Notice) -> Result<(), BrokerError> {
        if let Some(ear) = self.ear.upgrade() {
            ear.noticed(notice);
        }
        Ok(())
    }

    async fn be_present(&self, room: &RoomKey, people: &[(Uuid, Arc<str>)], ttl: Duration) -> Result<(), BrokerError> {
        let until = Instant::now() + ttl;
        let mut presence = self.presence.lock();
        let there = presence.entry(room.clone()).or_default();
        people.iter().for_each(|(client, info)| there.add(*client, until, info));
        Ok(())
    }

    async fn be_gone(&self, room: &RoomKey, client: Uuid) -> Result<(), BrokerError> {
        let mut presence = self.presence.lock();
        if let Some(there) = presence.get_mut(room) {
            there.remove(client);
            if there.clients.is_empty() {
                presence.remove(room);
            }
        }
        Ok(())
    }

    async fn presence(&self, room: &RoomKey, most: usize) -> Result<Vec<(String, Box<RawValue>)>, BrokerError> {
        let (presence, now) = (self.presence.lock(), Instant::now());
        let there =
            presence.get(room).into_iter().flat_map(|there| &there.clients).filter(|(_, (until, _))| *until > now).take(most);
        let shown = |(client, (_, info)): (&Uuid, &(Instant, Arc<str>))| {
            Some((client.to_string(), RawValue::from_string(info.as_ref().to_owned()).ok()?))
        };
        Ok(there.filter_map(shown).collect())
    }

    /// Whoever goes is taken out by this process itself, so that all who are there count.
    async fn presence_stats(&self, room: &RoomKey) -> Result<Crowd, BrokerError> {
        let presence = self.presence.lock();
        Ok(presence
            .get(room)
            .map_or_else(Crowd::default, |there| Crowd { clients: there.clients.len(), users: there.users.len() }))
    }

    async fn rooms(&self, tenant: Uuid, most: usize) -> Result<Vec<String>, BrokerError> {
        let rooms = self.ear.upgrade().map(|ear| ear.rooms()).unwrap_or_default();
        Ok(rooms
            .into_iter()
            .filter(|room| room.tenant == tenant && room.kind().is_some())
            .map(|room| room.name.to_string())
            .take(most)
            .collect())
    }
}
