//! Putting an answer into the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use banyan_kernel::Timestamp;
use bytes::Bytes;

use super::Inner;
use crate::entry::{Entry, Record};
use crate::flights::{Landing, Lead};
use crate::key::Key;
use crate::stats::count;
use crate::store::StoreError;

/// All bodies that are being collected may take this much together, in bytes.
const MOST_COLLECTING: usize = 64 * 1024 * 1024;

/// An answer on its way into the store.
pub(crate) struct Depositing {
    pub(super) cache: Arc<Inner>,
    pub(super) key: Key,
    pub(super) entry: Entry,
    pub(super) lead: Option<Lead>,
    pub(super) remember_refusal_until: Timestamp,
    pub(super) reserved: Reserved,
}

/// Memory for a body that is being collected, given back when dropped.
pub(super) struct Reserved {
    total: Arc<AtomicUsize>,
    mine: usize,
}

impl Reserved {
    pub(super) fn nothing_of(total: &Arc<AtomicUsize>) -> Self {
        Self { total: total.clone(), mine: 0 }
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.total.fetch_sub(self.mine, Ordering::Relaxed);
    }
}

impl Depositing {
    /// Takes room for this many more bytes. `false` when there is none.
    pub(crate) fn reserve(&mut self, bytes: usize) -> bool {
        if self.reserved.total.fetch_add(bytes, Ordering::Relaxed) + bytes > MOST_COLLECTING {
            self.reserved.total.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        self.reserved.mine += bytes;
        true
    }

    /// Puts the answer with its whole body into the store, and tells those who wait.
    pub(crate) async fn store(self, body: Bytes) {
        let entry = Arc::new(Entry { body, ..self.entry });
        let landing = match self.cache.put(&self.key, entry).await {
            Ok(()) => Landing::Stored,
            Err(error) => {
                self.cache.failed(&error);
                Landing::Refused
            }
        };
        if let Some(lead) = self.lead {
            lead.land(landing);
        }
    }

    /// The body turned out to be too large: nobody should wait for the next one.
    pub(crate) async fn refuse(self) {
        let Some(lead) = self.lead else { return };
        self.cache.remember_refusal(&self.key, self.remember_refusal_until).await;
        lead.land(Landing::Refused);
    }
}

impl Inner {
    pub(super) async fn put(&self, key: &Key, entry: Arc<Entry>) -> Result<(), StoreError> {
        if self.prefixes.lock().ended(&key.text, entry.born) {
            return Ok(());
        }
        self.store.ensure_marks(&entry.marks, entry.born).await?;
        let known = self.store.get(&key.text).await?;
        let record = known.as_deref().map_or_else(|| Record::default().with(entry.clone()), |known| known.with(entry.clone()));
        self.store.put(&key.text, Arc::new(record)).await?;
        count(&self.stats.stored);
        Ok(())
    }

    /// Whether nothing that an answer carries was purged since it was asked for.
    pub(super) async fn holds(&self, entry: &Entry) -> bool {
        match self.store.highest_mark(&entry.marks).await {
            Ok(mark) => mark.is_some_and(|mark| mark <= entry.born),
            Err(error) => {
                self.failed(&error);
                false
            }
        }
    }

    pub(super) async fn remember_refusal(&self, key: &Key, until: Timestamp) {
        let known = match self.store.get(&key.text).await {
            Ok(known) => known,
            Err(error) => return self.failed(&error),
        };
        let entries = known.map(|known| known.entries.clone()).unwrap_or_default();
        let record = Record::of(entries, Some(until));
        if let Err(error) = self.store.put(&key.text, Arc::new(record)).await {
            self.failed(&error);
        }
    }
}
