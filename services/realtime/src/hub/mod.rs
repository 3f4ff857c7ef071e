//! The rooms and connections of this process.
//!
//! A publication is written once and shared by all who hear it. What a listener has heard is known by its place, so that what was read from the
//! room's history and what came meanwhile join without a gap and without a double: see [`Hub::settle`].

mod link;
mod outbox;
mod people;
mod rooms;
mod streams;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use ahash::HashMap;
use banyan_kernel::Uuid;
use parking_lot::Mutex;
use tokio::time::Instant;

pub(crate) use link::{Link, Who};
pub(crate) use outbox::{Leaving, Next, Outbox};

pub(crate) use rooms::Settled;
pub(crate) use watch::BEATS;

use crate::protocol::Disconnect;
use crate::room::RoomKey;
use crate::settings::Settings;

/// Locks that rooms share; and connections.
const PARTS: usize = 64;

pub(crate) struct Hub {
    rooms: Vec<Mutex<HashMap<RoomKey, rooms::Room>>>,
    links: Vec<Mutex<HashMap<Uuid, Arc<Link>>>>,
    people: Mutex<people::People>,
    pub(crate) streams: streams::Streams,
    hash: ahash::RandomState,
    numbers: AtomicU64,
    begun: Instant,
    queue_bytes: usize,
    /// The process ends.
    stops: AtomicBool,
    /// Conversations whose last word is not said.
    conversations: AtomicUsize,
}

/// A conversation goes on until this is dropped.
pub(crate) struct Conversation(Arc<Hub>);

impl Conversation {
    pub(crate) fn begin(hub: &Arc<Hub>) -> Self {
        hub.conversations.fetch_add(1, Ordering::AcqRel);
        Self(hub.clone())
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.0.conversations.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Hub {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            rooms: (0..PARTS).map(|_| Mutex::default()).collect(),
            links: (0..PARTS).map(|_| Mutex::default()).collect(),
            people: Mutex::default(),
            streams: streams::Streams::default(),
            hash: ahash::RandomState::new(),
            numbers: AtomicU64::new(1),
            begun: Instant::now(),
            queue_bytes: settings.queue_bytes,
            stops: AtomicBool::new(false),
            conversations: AtomicUsize::new(0),
        }
    }

    /// A connection has begun; [`Hub::close`] ends it.
    pub(crate) fn open(&self, id: Uuid) -> Arc<Link> {
        let link = Arc::new(Link::new(id, Outbox::new(self.queue_bytes), self.seconds()));
        self.links[self.part(&id)].lock().insert(id, link.clone());
        // After it is listed: whoever is told to go is either found by `stop`, or finds this.
        if self.stops() {
            link.outbox.close(Disconnect::Shutdown);
        }
        link
    }

    /// Who comes from now on is told to come again. Gives those who are there.
    pub(crate) fn stop(&self) -> Vec<Arc<Link>> {
        self.stops.store(true, Ordering::SeqCst);
        self.links.iter().flat_map(|links| links.lock().values().cloned().collect::<Vec<_>>()).collect()
    }

    pub(crate) fn stops(&self) -> bool {
        self.stops.load(Ordering::SeqCst)
    }

    /// How many conversations go on.
    pub(crate) fn conversations(&self) -> usize {
        self.conversations.load(Ordering::Acquire)
    }

    pub(crate) fn close(&self, link: &Link) {
        self.links[self.part(&link.id)].lock().remove(&link.id);
        if let Some(who) = link.who() {
            self.people.lock().left(who.caller.tenant, who.user, link.id);
        }
    }

    fn part<T: std::hash::Hash>(&self, key: &T) -> usize {
        usize::try_from(self.hash.hash_one(key)).unwrap_or_default() % PARTS
    }

    fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Of the hub's own clock, from 1.
    fn seconds(&self) -> u64 {
        self.begun.elapsed().as_secs() + 1
    }
}
