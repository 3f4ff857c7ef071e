//! Compressed forms of a stored body, so that a hit costs no compression.

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::entry::{Entry, Record};
use crate::key::Key;
use crate::store::Store;

/// A content coding that the front door makes itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    Brotli,
    Gzip,
    Zstd,
}

impl Encoding {
    /// Its name in `Accept-Encoding` and `Content-Encoding`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Encodings([OnceLock<Bytes>; 3]);

impl Encodings {
    fn slot(&self, encoding: Encoding) -> &OnceLock<Bytes> {
        &self.0[match encoding {
            Encoding::Brotli => 0,
            Encoding::Gzip => 1,
            Encoding::Zstd => 2,
        }]
    }

    pub(crate) fn weight(&self) -> usize {
        self.0.iter().filter_map(OnceLock::get).map(Bytes::len).sum()
    }
}

/// In the extensions of an answer whose whole body lies in the cache. Whoever compresses it may leave the result there.
#[derive(Clone)]
pub struct StoredBody {
    store: Arc<Store>,
    key: Arc<str>,
    entry: Arc<Entry>,
}

impl StoredBody {
    pub(crate) fn new(store: &Arc<Store>, key: &Key, entry: &Arc<Entry>) -> Self {
        Self { store: store.clone(), key: key.text.clone(), entry: entry.clone() }
    }

    /// The body as it is stored.
    pub fn plain(&self) -> &Bytes {
        &self.entry.body
    }

    pub fn compressed(&self, encoding: Encoding) -> Option<Bytes> {
        self.entry.encodings.slot(encoding).get().cloned()
    }

    /// Keeps a compressed form beside the body. If it makes no smaller answer it is not kept.
    pub fn keep(&self, encoding: Encoding, body: Bytes) {
        if body.len() >= self.entry.body.len() || self.entry.encodings.slot(encoding).set(body).is_err() {
            return;
        }
        // The store weighs a record when it is put there, so it has to be told that this one grew.
        if let Some(record) = self.store.get(&self.key)
            && record.entries.iter().any(|entry| Arc::ptr_eq(&entry.encodings, &self.entry.encodings))
        {
            let grown = Record::of(record.entries.clone(), record.pass_until);
            self.store.put(&self.key, Arc::new(grown));
        }
    }
}

impl fmt::Debug for StoredBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredBody").field("bytes", &self.entry.body.len()).finish_non_exhaustive()
    }
}
