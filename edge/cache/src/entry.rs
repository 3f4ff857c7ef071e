//! What is stored.

use std::sync::Arc;

use banyan_kernel::Timestamp;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::date::seconds_between;
use crate::encodings::Encodings;
use crate::vary::Selected;

/// For one address no more answers than this are kept; the oldest goes. An origin that varies by something endless, such
/// as a cookie, would otherwise fill a record without end.
const MOST_ENTRIES: usize = 32;
/// What an entry weighs beside its bytes, about.
const OVERHEAD: usize = 512;

/// All answers of one address of a tenant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) entries: Vec<Arc<Entry>>,
    /// Until then nobody waits for an answer of this address, because the last one could not be stored.
    pub(crate) pass_until: Option<Timestamp>,
    /// Reckoned once: a store that counts bytes must see the same number when a record comes and when it goes, though
    /// compressed forms join an entry in between.
    weight: usize,
}

impl Record {
    /// The record with this entry in the place of the one that it replaces.
    pub(crate) fn with(&self, entry: Arc<Entry>) -> Self {
        let mut entries: Vec<Arc<Entry>> = Vec::with_capacity(self.entries.len() + 1);
        entries.extend(self.entries.iter().filter(|known| !known.is_replaced_by(&entry)).cloned());
        entries.push(entry);
        if entries.len() > MOST_ENTRIES {
            entries.remove(0);
        }
        Self::of(entries, None)
    }

    pub(crate) fn of(entries: Vec<Arc<Entry>>, pass_until: Option<Timestamp>) -> Self {
        let weight = OVERHEAD + entries.iter().map(|entry| entry.weight()).sum::<usize>();
        Self { entries, pass_until, weight }
    }

    /// About how much memory it took when it was made, in bytes.
    pub(crate) fn weight(&self) -> usize {
        self.weight
    }
}

/// One stored answer. Never changed: what is learned later makes a new one.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) status: StatusCode,
    /// Without `Age`, without fields of one hop, without fields that must not be stored.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The part of the key that is not in the address.
    pub(crate) part: Arc<str>,
    pub(crate) selected: Selected,
    /// The names whose marks end it when they are younger than it: its path and its tags.
    pub(crate) marks: Arc<[Arc<str>]>,
    /// How far the store's marks had come when the answer was asked for.
    pub(crate) born: u64,
    /// When the answer, or the last word that it still holds, came.
    pub(crate) received: Timestamp,
    /// How old it was then, in seconds (RFC 9111 §4.2.3).
    pub(crate) initial_age: u64,
    /// For how long it is fresh, in seconds of age.
    pub(crate) lifetime: u64,
    pub(crate) staleness: Staleness,
    pub(crate) audience: Audience,
    pub(crate) encodings: Arc<Encodings>,
}

/// What may be done with an answer after its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Staleness {
    /// Seconds for which it serves while it is renewed.
    pub(crate) while_revalidate: u64,
    /// Seconds for which it serves instead of an error.
    pub(crate) if_error: u64,
    pub(crate) rule: StaleRule,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StaleRule {
    /// A client may accept it.
    Allowed,
    /// Never without asking (`must-revalidate`, `proxy-revalidate`, `s-maxage`).
    Forbidden,
    /// Not even while fresh (`no-cache`).
    AskAlways,
}

/// Who may be given the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    Everybody,
    /// Those of whom nothing is known: it does not say that it may be shared with others.
    Nobodies,
}

impl Entry {
    /// Seconds since the origin made it or said that it still holds (RFC 9111 §4.2.3).
    pub(crate) fn age(&self, now: Timestamp) -> u64 {
        self.initial_age.saturating_add(seconds_between(self.received, now))
    }

    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        self.staleness.rule != StaleRule::AskAlways && self.lifetime > self.age(now)
    }

    /// For how long it is stale, in seconds.
    pub(crate) fn stale_for(&self, now: Timestamp) -> u64 {
        self.age(now).saturating_sub(self.lifetime)
    }

    pub(crate) fn has_validator(&self) -> bool {
        self.headers.contains_key(http::header::ETAG) || self.headers.contains_key(http::header::LAST_MODIFIED)
    }

    pub(crate) fn is_replaced_by(&self, newer: &Self) -> bool {
        self.part == newer.part && self.selected == newer.selected
    }

    fn weight(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
        let marks: usize = self.marks.iter().map(|mark| mark.len() + 16).sum();
        OVERHEAD + self.body.len() + self.encodings.weight() + headers + marks + self.part.len()
    }
}
