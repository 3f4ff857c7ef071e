//! A store in the memory of this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use parking_lot::Mutex;
use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Lifecycle, OptionsBuilder, Weighter};

use crate::entry::Record;
use crate::store::{Store, StoreError, Usage};

/// Marks are small; this many take about 15 MB.
const MOST_MARKS: usize = 100_000;
/// Fewer shards than usual: a record must fit into one, and a whole answer may be several megabytes.
const SHARDS: usize = 4;

/// Keeps records by how often they are asked for (S3-FIFO), within a number of bytes. One for all workers.
#[derive(Debug)]
pub struct MemoryStore {
    records: Cache<Arc<str>, Arc<Record>, ByBytes, DefaultHashBuilder, CountEvictions>,
    marks: Cache<Arc<str>, u64>,
    counter: AtomicU64,
    /// Held while marks rise, so that of two purges at once the later one stays.
    raising: Mutex<()>,
    evictions: Arc<AtomicU64>,
}

impl MemoryStore {
    /// `bytes`: how much it may hold, keys and overhead included.
    pub fn new(bytes: u64) -> Self {
        let evictions = Arc::new(AtomicU64::new(0));
        let lifecycle = CountEvictions(evictions.clone());
        let hasher = DefaultHashBuilder::default();
        let estimated = usize::try_from(bytes / 8_192).unwrap_or(usize::MAX).clamp(16, 1_024);
        let options = OptionsBuilder::new().shards(SHARDS).estimated_items_capacity(estimated).weight_capacity(bytes).build();
        let records = match options {
            Ok(options) => Cache::with_options(options, ByBytes, hasher, lifecycle),
            Err(_) => Cache::with(estimated, bytes, ByBytes, hasher, lifecycle),
        };
        Self { records, marks: Cache::new(MOST_MARKS), counter: AtomicU64::new(1), raising: Mutex::new(()), evictions }
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &str) -> Result<Option<Arc<Record>>, StoreError> {
        Ok(self.records.get(key))
    }

    async fn put(&self, key: &str, record: Arc<Record>) -> Result<(), StoreError> {
        self.records.insert(key.into(), record);
        Ok(())
    }

    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        self.records.remove(key);
        Ok(())
    }

    async fn remove_prefix(&self, prefix: &str) -> Result<u64, StoreError> {
        let gone = AtomicU64::new(0);
        self.records.retain(|key, _| {
            let stays = !key.starts_with(prefix);
            gone.fetch_add(u64::from(!stays), Ordering::Relaxed);
            stays
        });
        Ok(gone.into_inner())
    }

    async fn counter(&self) -> Result<u64, StoreError> {
        Ok(self.counter.load(Ordering::SeqCst))
    }

    async fn highest_mark(&self, names: &[Arc<str>]) -> Result<Option<u64>, StoreError> {
        let marks = names.iter().map(|name| self.marks.get(name));
        Ok(marks.collect::<Option<Vec<u64>>>().map(|marks| marks.into_iter().max().unwrap_or(0)))
    }

    async fn ensure_marks(&self, names: &[Arc<str>], mark: u64) -> Result<(), StoreError> {
        for name in names {
            // Of two at once the first stays; what was raised in between must not be lowered.
            let Ok(_) = self.marks.get_or_insert_with(name, || Ok::<_, std::convert::Infallible>(mark));
        }
        Ok(())
    }

    async fn raise_marks(&self, names: &[Arc<str>]) -> Result<(), StoreError> {
        let _alone = self.raising.lock();
        let mark = self.counter.fetch_add(1, Ordering::SeqCst) + 1;
        for name in names {
            self.marks.insert(name.clone(), mark);
        }
        Ok(())
    }

    fn usage(&self) -> Usage {
        Usage {
            records: self.records.len() as u64,
            bytes: self.records.weight(),
            capacity_bytes: self.records.capacity(),
            evictions: self.evictions.load(Ordering::Relaxed),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct ByBytes;

impl Weighter<Arc<str>, Arc<Record>> for ByBytes {
    fn weight(&self, key: &Arc<str>, record: &Arc<Record>) -> u64 {
        (key.len() + record.weight()) as u64
    }
}

#[derive(Clone, Debug)]
struct CountEvictions(Arc<AtomicU64>);

impl Lifecycle<Arc<str>, Arc<Record>> for CountEvictions {
    type RequestState = ();

    fn on_evict(&self, (): &mut Self::RequestState, _: Arc<str>, _: Arc<Record>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}
