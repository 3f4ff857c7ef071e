//! Waking those who work on what a transaction has left: in this process at once, in others as soon as they are told.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::store::{Database, Store};
use crate::tx::Tx;

/// One for each name that the program knows: the map cannot grow beyond its source.
#[derive(Default)]
pub(crate) struct Bells(Mutex<BTreeMap<&'static str, Arc<Notify>>>);

impl Bells {
    /// Wakes who waits for it, if anybody does.
    pub(crate) fn ring(&self, name: &str) {
        if let Some(bell) = self.0.lock().get(name) {
            bell.notify_one();
        }
    }

    pub(crate) fn ring_all(&self) {
        self.0.lock().values().for_each(|bell| bell.notify_one());
    }
}

impl Store {
    /// The bell of this name, made when it is first asked for. One who waits is woken for each commit that [`Tx::ring`]s it; one
    /// waits at a time. Commits of other processes ring as long as [`Store::is_told`] says so.
    pub fn bell(&self, name: &'static str) -> Arc<Notify> {
        self.0.bells.0.lock().entry(name).or_default().clone()
    }

    /// Whether commits of other processes ring the bells of this one, and wake readers of its log. It may become false at any time, which rings all
    /// bells: whoever waits for one looks now and then all the same, and often while this is false. Never so on SQLite, where there are no others.
    pub fn is_told(&self) -> bool {
        match &self.0.database {
            Database::Sqlite(_) => false,
            Database::Postgres(database) => database.notices().is_heard(),
        }
    }

    /// After a commit.
    pub(crate) fn tell_others(&self, bell: &'static str) {
        if let Database::Postgres(database) = &self.0.database {
            database.notices().tell(self.service(), bell);
        }
    }
}

impl Tx {
    /// Rings the bell after this transaction's commit, or not at all.
    pub fn ring(&self, bell: &'static str) {
        self.0.pending.ring(bell);
    }
}
