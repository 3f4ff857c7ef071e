//! Putting an answer into the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use banyan_kernel::Timestamp;
use bytes::Bytes;

use super::Inner;
use crate::entry::{Entry, Record};
use crate::flights::{Landing, Lead};
use crate::key::Key;
use crate::shared::{Birth, with_buckets};
use crate::stats::count;

/// All bodies that are being collected may take this much together, in bytes.
const MOST_COLLECTING: usize = 64 * 1024 * 1024;

/// An answer on its way into the store.
pub(crate) struct Depositing {
    pub(super) cache: Arc<Inner>,
    pub(super) key: Key,
    pub(super) entry: Entry,
    pub(super) lead: Option<Lead>,
    pub(super) birth: Option<Birth>,
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
        let entry = self.cache.put(&self.key, Entry { body, ..self.entry });
        if let Some(lead) = self.lead {
            lead.land(Landing::Stored);
        }
        self.cache.share(&self.key, &entry, self.birth).await;
    }

    /// The body turned out to be too large: nobody should wait for the next one.
    pub(crate) fn refuse(self) {
        let Some(lead) = self.lead else { return };
        self.cache.remember_refusal(&self.key, self.remember_refusal_until);
        lead.land(Landing::Refused);
    }
}

impl Inner {
    /// Stores it, unless it has been purged since it was asked for.
    pub(super) fn put(&self, key: &Key, mut entry: Entry) -> Arc<Entry> {
        if self.shared.is_some() {
            entry.marks = with_buckets(&entry.marks);
        }
        let entry = Arc::new(entry);
        self.keep(key, &entry);
        entry
    }

    pub(super) fn keep(&self, key: &Key, entry: &Arc<Entry>) {
        if self.prefixes.lock().ended(&key.text, entry.born) {
            return;
        }
        self.store.ensure_marks(&entry.marks, entry.born);
        let known = self.store.get(&key.text);
        let record = known.as_deref().map_or_else(|| Record::default().with(entry.clone()), |known| known.with(entry.clone()));
        self.store.put(&key.text, Arc::new(record));
        count(&self.stats.stored);
    }

    /// Gives it to other doors. Without a birth nobody can tell whether it still counts there.
    pub(super) async fn share(&self, key: &Key, entry: &Arc<Entry>, birth: Option<Birth>) {
        if let (Some(shared), Some(birth)) = (&self.shared, birth) {
            shared.put(key, entry, birth, self.clock.now()).await;
        }
    }

    /// Whether nothing that an answer carries was purged since it was asked for.
    pub(super) fn holds(&self, entry: &Entry) -> bool {
        self.store.highest_mark(&entry.marks).is_some_and(|mark| mark <= entry.born)
    }

    pub(super) fn remember_refusal(&self, key: &Key, until: Timestamp) {
        let entries = self.store.get(&key.text).map(|known| known.entries.clone()).unwrap_or_default();
        self.store.put(&key.text, Arc::new(Record::of(entries, Some(until))));
    }
}
