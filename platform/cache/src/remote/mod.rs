//! What several processes share.

mod guard;
mod memory;
mod redis;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

pub use guard::Guarded;
pub use memory::MemoryRemote;
pub use redis::{ClusterStanding, RedisRemote, RemoteSettings, Sentinels, Standing, UnusableAddress};

/// Where values and stamps lie for all processes: raw operations. Deadlines, the breaker, encoding and counting stand above it.
///
/// Stamps are numbers other than 0, by name. They may be forgotten, but never come back as they were before.
#[async_trait]
pub trait Remote: Send + Sync + fmt::Debug {
    /// The value, if its name is given, and the stamps, 0 for each that there is not, as they were at one moment of the question.
    async fn look(&self, value: Option<&[u8]>, stamps: &[&[u8]]) -> Result<Looked, RemoteError>;

    /// The stamps; those that there are not become `fresh`.
    async fn ensure(&self, stamps: &[&[u8]], fresh: u64) -> Result<Vec<u64>, RemoteError>;

    /// Keeps the value for `ttl`.
    async fn put(&self, value: &[u8], bytes: Vec<u8>, ttl: Duration) -> Result<(), RemoteError>;

    /// Whether the caller is the one who loads this value, for as long as `lease` says.
    async fn lock(&self, value: &[u8], token: u64, lease: Duration) -> Result<bool, RemoteError>;

    /// The one with this token loads no longer.
    async fn unlock(&self, value: &[u8], token: u64) -> Result<(), RemoteError>;

    /// Changes stamps, all at once, and tells everybody who listens.
    async fn change(&self, change: &Change) -> Result<(), RemoteError>;

    /// The last removals by pattern of a region, the oldest first.
    async fn patterns(&self, region: &str) -> Result<Vec<PatternChange>, RemoteError>;

    /// Tells of changes in the order in which they were made, until that fails.
    async fn listen(&self, ear: &dyn Ear) -> RemoteError;
}

/// Hears of changes.
pub trait Ear: Send + Sync {
    /// From now on no change is missed.
    fn hears(&self);

    fn heard(&self, stamp: u64, names: &[&[u8]]);
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    pub value: Option<Vec<u8>>,
    pub stamps: Vec<u64>,
}

/// Stamps that become another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub names: Vec<Arc<[u8]>>,
    pub stamp: u64,
    /// A removal by pattern: the region, the realm and the pattern. The first of the names is then the stamp over the region.
    pub pattern: Option<(&'static str, String, String)>,
}

/// A removal by pattern: it made the stamp over the region another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternChange {
    pub before: u64,
    pub after: u64,
    pub realm: String,
    pub glob: String,
}

/// The shared part did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    #[error("no answer in time")]
    TooSlow,
    /// It failed too often and is not asked for a while.
    #[error("left alone after failures")]
    LeftAlone,
    #[error("{0}")]
    Failed(String),
}
