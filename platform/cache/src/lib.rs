//! The application's cache: results of reads, kept in this process and in Redis.
//!
//! A service takes a [`Region`] of the process's one [`Cache`] and asks it with [`Region::get_or`], which answers from memory, from Redis, or by
//! loading. A [`Key`] says whose the answer is, so that row security cannot be passed by. What was kept ends by age, and by *stamps*: each tag
//! has one, each kept value has those of its tags as they were before it was loaded, and counts while they are the same. Changing a stamp ends
//! everything under it at once, also what is being loaded at that moment. Stamps are random and never used again, so a Redis that forgets can
//! only make values end.
//!
//! `docs/cache.md` says how it is used and what happens when Redis is away.

mod cache;
mod cells;
mod change;
mod debts;
mod envelope;
mod flights;
mod key;
mod memory;
mod options;
mod pattern;
mod region;
mod remote;
mod shelf;
mod stats;

pub use cache::{Cache, Company, Reach, Settings};
pub use key::{Key, Realm};
pub use options::{Freshness, Options};
pub use region::{Failed, Region};
pub use remote::{
    Change, ClusterStanding, Ear, Guarded, Looked, MemoryRemote, PatternChange, RedisRemote, Remote, RemoteError, RemoteSettings,
    Sentinels, Standing, UnusableAddress,
};
pub use shelf::Shelf;
