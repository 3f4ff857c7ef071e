//! Where answers lie in the memory of this process: raw operations. What is right to store and to serve is decided above it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Lifecycle, OptionsBuilder, Weighter};

use crate::entry::Record;

/// Marks are small; this many take about 15 MB.
const MOST_MARKS: usize = 100_000;
/// Fewer shards than usual: a record must fit into one, and a whole answer may be several megabytes.
const SHARDS: usize = 4;

/// A bounded place for records, and for marks: numbers by name, drawn from one counter that only rises. One for all workers.
///
/// A mark says "what is older than this and carries the name has ended". It makes purging a tag one write, however many
/// answers carry it. A mark may be lost when there is no more room: then whatever carries the name counts as ended,
/// so a lost mark can cost a fetch and never brings a purged answer back.
///
/// Records are kept by how often they are asked for (S3-FIFO), within a number of bytes.
#[derive(Debug)]
pub(crate) struct Store {
    records: Cache<Arc<str>, Arc<Record>, ByBytes, DefaultHashBuilder, CountEvictions>,
    marks: Cache<Arc<str>, u64>,
    counter: AtomicU64,
    /// Held while marks rise, so that of two purges at once the later one stays.
    raising: Mutex<()>,
    evictions: Arc<AtomicU64>,
}

/// How full a store is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    pub(crate) capacity_bytes: u64,
    /// Records that went to make room since the start.
    pub(crate) evictions: u64,
}

impl Store {
    /// `bytes`: how much it may hold, keys and overhead included.
    pub(crate) fn new(bytes: u64) -> Self {
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

    pub(crate) fn get(&self, key: &str) -> Option<Arc<Record>> {
        self.records.get(key)
    }

    /// Puts a record, or weighs it anew. It may be dropped at once if it is too large.
    pub(crate) fn put(&self, key: &str, record: Arc<Record>) {
        self.records.insert(key.into(), record);
    }

    /// Removes all records whose keys begin so. Takes time in proportion to what is stored.
    pub(crate) fn remove_prefix(&self, prefix: &str) {
        self.records.retain(|key, _| !key.starts_with(prefix));
    }

    /// How far the counter has come.
    pub(crate) fn counter(&self) -> u64 {
        self.counter.load(Ordering::SeqCst)
    }

    /// The highest mark of these names, `None` if any of them is not known.
    pub(crate) fn highest_mark(&self, names: &[Arc<str>]) -> Option<u64> {
        names.iter().try_fold(0, |highest, name| Some(self.marks.get(name)?.max(highest)))
    }

    /// Sets the marks of those names that have none.
    pub(crate) fn ensure_marks(&self, names: &[Arc<str>], mark: u64) {
        for name in names {
            // Of two at once the first stays; what was raised in between must not be lowered.
            let Ok(_) = self.marks.get_or_insert_with(name, || Ok::<_, std::convert::Infallible>(mark));
        }
    }

    /// Raises the counter by one and sets the marks of these names to it.
    pub(crate) fn raise_marks(&self, names: &[Arc<str>]) {
        let _alone = self.raising.lock();
        let mark = self.counter.fetch_add(1, Ordering::SeqCst) + 1;
        for name in names {
            self.marks.insert(name.clone(), mark);
        }
    }

    /// For reports; may be a little late.
    pub(crate) fn usage(&self) -> Usage {
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

    // Not `on_evict`, which hears of what is replaced, too.
    fn before_evict(&self, (): &mut Self::RequestState, _: &Arc<str>, _: &mut Arc<Record>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}
