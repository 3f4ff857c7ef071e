//! What lies in this process: values of all regions, bounded in bytes and in number, those kept that are asked for (S3-FIFO).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Lifecycle, OptionsBuilder, Weighter};

use crate::cells::Cell;
use crate::flights::Erased;
use crate::options::Ages;

/// About what a value takes beside its own bytes: name, times, stamps.
const OVERHEAD: usize = 256;
/// A value must fit into one.
const SHARDS: usize = 8;

/// A value with its stamps as they were before it was loaded.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) value: Option<Erased>,
    pub(crate) ages: Ages,
    pub(crate) cells: Arc<[Arc<Cell>]>,
    pub(crate) stamps: Box<[u64]>,
    /// Since when this process hears of changes, as the stamps were asserted; 0 if it did not.
    pub(crate) hearing: u64,
    pub(crate) bytes: usize,
}

impl Entry {
    /// Whether this process knows of no change.
    pub(crate) fn holds(&self) -> bool {
        self.cells.iter().zip(&self.stamps).all(|(cell, stamp)| cell.stamp() == *stamp)
    }
}

#[derive(Debug)]
pub(crate) struct Memory {
    entries: Cache<Box<[u8]>, Arc<Entry>, ByBytes, DefaultHashBuilder, CountEvictions>,
    evictions: Arc<AtomicU64>,
}

impl Memory {
    pub(crate) fn new(bytes: u64, entries: u64) -> Self {
        let evictions = Arc::new(AtomicU64::new(0));
        let lifecycle = CountEvictions(evictions.clone());
        let weighter = ByBytes { least: bytes / entries.max(1) };
        let estimated = usize::try_from(entries).unwrap_or(usize::MAX).clamp(16, 1_000_000);
        let hasher = DefaultHashBuilder::default();
        let options = OptionsBuilder::new().shards(SHARDS).estimated_items_capacity(estimated).weight_capacity(bytes).build();
        let entries = match options {
            Ok(options) => Cache::with_options(options, weighter, hasher, lifecycle),
            Err(_) => Cache::with(estimated, bytes, weighter, hasher, lifecycle),
        };
        Self { entries, evictions }
    }

    pub(crate) fn get(&self, name: &[u8]) -> Option<Arc<Entry>> {
        self.entries.get(name)
    }

    pub(crate) fn put(&self, name: &[u8], entry: Arc<Entry>) {
        self.entries.insert(name.into(), entry);
    }

    pub(crate) fn remove(&self, name: &[u8]) {
        self.entries.remove(name);
    }

    pub(crate) fn clear(&self) {
        self.entries.clear();
    }

    pub(crate) fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.entries.iter().map(|(name, entry)| (name.len() + entry.bytes + OVERHEAD) as u64).sum()
    }

    pub(crate) fn evictions(&self) -> u64 {
        self.evictions.load(Ordering::Relaxed)
    }
}

/// Each weighs at least the share of one, so that there are never more than were asked for.
#[derive(Clone, Copy, Debug)]
struct ByBytes {
    least: u64,
}

impl Weighter<Box<[u8]>, Arc<Entry>> for ByBytes {
    fn weight(&self, name: &Box<[u8]>, entry: &Arc<Entry>) -> u64 {
        ((name.len() + entry.bytes + OVERHEAD) as u64).max(self.least)
    }
}

#[derive(Clone, Debug)]
struct CountEvictions(Arc<AtomicU64>);

impl Lifecycle<Box<[u8]>, Arc<Entry>> for CountEvictions {
    type RequestState = ();

    // Not `on_evict`, which hears of what is replaced, too.
    fn before_evict(&self, (): &mut Self::RequestState, _: &Box<[u8]>, _: &mut Arc<Entry>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(bytes: usize) -> Arc<Entry> {
        let ages = Ages { created: 0, eager_at: 1, fresh_until: 1, stale_until: 1 };
        Arc::new(Entry { value: None, ages, cells: [].into(), stamps: [].into(), hearing: 0, bytes })
    }

    #[test]
    fn it_is_bounded_in_number_and_in_bytes() {
        let memory = Memory::new(10_000_000, 1_000);
        (0..3).for_each(|_| memory.put(b"renewed", entry(10)));
        assert_eq!(memory.evictions(), 0);
        for number in 0..10_000_u32 {
            memory.put(&number.to_be_bytes(), entry(10));
        }
        assert!(memory.len() <= 1_000, "{}", memory.len());
        assert!(memory.evictions() >= 9_000);
        for number in 0..1_000_u32 {
            memory.put(&number.to_be_bytes(), entry(100_000));
        }
        assert!(memory.bytes() <= 10_000_000, "{}", memory.bytes());
    }
}
