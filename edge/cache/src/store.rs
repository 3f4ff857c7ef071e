//! Where answers lie: one trait, raw operations. What is right to store and to serve is decided above it.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::entry::Record;

/// The store could not be reached or understood. The cache then fetches as if nothing were stored.
#[derive(Debug, thiserror::Error)]
#[error("the cache's store failed")]
pub struct StoreError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// How full a store is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub records: u64,
    pub bytes: u64,
    pub capacity_bytes: u64,
    /// Records that went to make room since the start.
    pub evictions: u64,
}

/// A bounded place for records, and for marks: numbers by name, drawn from one counter that only rises.
///
/// A mark says "what is older than this and carries the name has ended". It makes purging a tag one write, however many
/// answers carry it. A mark may be lost when the store is short of room: then whatever carries the name counts as ended,
/// so a lost mark can cost a fetch and never brings a purged answer back.
#[async_trait]
pub trait Store: Debug + Send + Sync + 'static {
    async fn get(&self, key: &str) -> Result<Option<Arc<Record>>, StoreError>;

    /// Puts a record, or weighs it anew. It may be dropped at once if it is too large.
    async fn put(&self, key: &str, record: Arc<Record>) -> Result<(), StoreError>;

    async fn remove(&self, key: &str) -> Result<(), StoreError>;

    /// Removes all records whose keys begin so. May take time in proportion to what is stored. Gives how many went.
    async fn remove_prefix(&self, prefix: &str) -> Result<u64, StoreError>;

    /// How far the counter has come.
    async fn counter(&self) -> Result<u64, StoreError>;

    /// The highest mark of these names, `None` if any of them is not known.
    async fn highest_mark(&self, names: &[Arc<str>]) -> Result<Option<u64>, StoreError>;

    /// Sets the marks of those names that have none.
    async fn ensure_marks(&self, names: &[Arc<str>], mark: u64) -> Result<(), StoreError>;

    /// Raises the counter by one and sets the marks of these names to it.
    async fn raise_marks(&self, names: &[Arc<str>]) -> Result<(), StoreError>;

    /// How full it is; for reports, may be a little late.
    fn usage(&self) -> Usage;
}
