//! What joins the processes: publications with their order, what is kept of them, and who is where.

mod memory;
mod redis;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use banyan_kernel::Uuid;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub(crate) use memory::MemoryBroker;
pub(crate) use redis::RedisBroker;

use crate::room::RoomKey;
use crate::settings::Keep;

/// What is between the processes does not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BrokerError {
    #[error("Redis does not answer as it should: {0}")]
    Away(String),
    #[error("there are too many rooms")]
    Full,
}

/// Something that is said in a room, as all processes hear it.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    Publication {
        /// Nothing where nothing is kept.
        place: Option<Place>,
        /// As [`crate::protocol::publication`] writes it.
        body: Arc<str>,
    },
    /// Information about who came, in JSON.
    Joined(Arc<str>),
    Left(Arc<str>),
}

/// Where a publication stands. Offsets begin with 1 and have no gaps, as long as the epoch is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) epoch: Arc<str>,
    pub(crate) offset: u64,
}

/// What is asked of what is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// Those after it, or before it if `order` is [`Order::LatestFirst`].
    pub(crate) since: Option<u64>,
    pub(crate) most: usize,
    pub(crate) order: Order,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    OldestFirst,
    LatestFirst,
}

/// Bodies with their offsets, in order.
pub(crate) type Publications = Vec<(u64, Arc<str>)>;

/// Connections with what others see of them, in JSON.
pub(crate) type People = Vec<(Uuid, Arc<str>)>;

/// What is kept of a room.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// The latest place.
    pub(crate) top: Place,
    pub(crate) publications: Publications,
}

/// How many are in a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Crowd {
    pub(crate) clients: usize,
    pub(crate) users: usize,
}

/// Told to all processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Notice {
    /// All connections of a person are closed; or one of them.
    Disconnect { tenant: Uuid, user: Uuid, client: Option<Uuid>, comes_again: bool },
    /// Commands for a conversation that has a stream for its replies, in the process that has it.
    Commands { session: String, data: String },
}

/// Who listens in this process.
pub(crate) trait Ear: Send + Sync {
    /// In the order of each room.
    fn heard(&self, room: &RoomKey, said: &Said);

    fn noticed(&self, notice: &Notice);

    /// The rooms of which anything is to be heard.
    fn rooms(&self) -> Vec<RoomKey>;

    /// The room has come so far: who is not there has missed something.
    fn compare(&self, room: &RoomKey, top: &Place);
}

/// What joins the processes. Each call answers within a deadline.
#[async_trait]
pub(crate) trait Broker: Send + Sync {
    /// From now on notices are heard, also where nobody listens to a room yet.
    fn begin(&self) {}

    /// From its answer on what is said in the room reaches the ear.
    async fn listen(&self, room: &RoomKey) -> Result<(), BrokerError>;

    async fn forget(&self, room: &RoomKey) -> Result<(), BrokerError>;

    /// Says something, and keeps it. Of those with the same `once`, in a room, the first counts.
    async fn publish(&self, room: &RoomKey, body: &str, keep: Keep, once: Option<Uuid>) -> Result<Option<Place>, BrokerError>;

    async fn history(&self, room: &RoomKey, asked: Asked, keep: Keep) -> Result<Kept, BrokerError>;

    /// Tells who listens that somebody came or went; nothing is kept of it.
    async fn tell(&self, room: &RoomKey, said: &Said) -> Result<(), BrokerError>;

    async fn announce(&self, notice: &Notice) -> Result<(), BrokerError>;

    /// Connections are in a room, for so long unless it is said again.
    async fn be_present(&self, room: &RoomKey, people: &[(Uuid, Arc<str>)], ttl: Duration) -> Result<(), BrokerError>;

    async fn be_gone(&self, room: &RoomKey, client: Uuid) -> Result<(), BrokerError>;

    /// Who is in a room: at most `most`.
    async fn presence(&self, room: &RoomKey, most: usize) -> Result<Vec<(String, Box<RawValue>)>, BrokerError>;

    /// How many connections are in a room, and of how many people: all of them, however many [`Broker::presence`] shows.
    async fn presence_stats(&self, room: &RoomKey) -> Result<Crowd, BrokerError>;

    /// Names of rooms of a tenant that somebody listens to, in any process: at most `most`.
    async fn rooms(&self, tenant: Uuid, most: usize) -> Result<Vec<String>, BrokerError>;
}

/// Nobody can guess it: a client of another epoch must not seem to recover.
pub(crate) fn new_epoch(random: &dyn banyan_kernel::Random) -> String {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    bytes.iter().map(|byte| char::from(b'a' + byte % 26)).collect()
}
