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
use std::sync::atomic::{AtomicU64, Ordering};

use ahash::HashMap;
use banyan_kernel::Uuid;
use parking_lot::Mutex;
use tokio::time::Instant;

pub(crate) use link::{Link, Who};
pub(crate) use outbox::{Leaving, Next, Outbox};

pub(crate) use rooms::Settled;
pub(crate) use watch::Beat;

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
        }
    }

    /// A connection has begun; [`Hub::close`] ends it.
    pub(crate) fn open(&self, id: Uuid) -> Arc<Link> {
        let link = Arc::new(Link::new(id, Outbox::new(self.queue_bytes), self.seconds()));
        self.links[self.part(&id)].lock().insert(id, link.clone());
        link
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
