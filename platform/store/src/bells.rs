//! Waking those of this process who work on what a transaction has left. Other processes look for themselves.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::store::Store;
use crate::tx::Tx;

/// One for each name that the program knows: the map cannot grow beyond its source.
#[derive(Default)]
pub(crate) struct Bells(Mutex<BTreeMap<&'static str, Arc<Notify>>>);

impl Store {
    /// The bell of this name, made when it is first asked for. One who waits is woken for each commit that [`Tx::ring`]s it.
    pub fn bell(&self, name: &'static str) -> Arc<Notify> {
        self.0.bells.0.lock().entry(name).or_default().clone()
    }
}

impl Tx {
    /// Rings the bell after this transaction's commit, or not at all.
    pub fn ring(&self, bell: &'static str) {
        self.0.pending.ring(bell);
    }
}
