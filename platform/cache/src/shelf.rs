//! Values that are put, not loaded: for a cache with rules of its own, as HTTP has them, that shares what it keeps with other processes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::{Clock, Random};
use parking_lot::Mutex;

use crate::cache::{Reach, Settings};
use crate::change::Stamps;
use crate::debts::Debts;
use crate::key::{ALL, OF_REGION};
use crate::remote::{Change, Ear, Guarded, Looked, Remote};

/// So many of one's own changes are known when they are heard again.
const MOST_OWN: usize = 256;

/// What several processes keep together. A value lies there with stamps, which were read before it was made, and counts while they are the same;
/// whoever puts one writes them into it.
#[derive(Debug)]
pub struct Shelf {
    remote: Guarded,
    stamps: Stamps,
    debts: Debts,
    own: Mutex<VecDeque<u64>>,
}

impl Shelf {
    /// The name under which everything ends: what others may have missed, or what Redis may have forgotten. Its stamp is the first of each answer.
    pub const EVERYTHING: &'static [u8] = ALL;

    /// Of the settings, the deadlines count.
    pub fn new(remote: Arc<dyn Remote>, settings: &Settings, clock: Arc<dyn Clock>, random: &dyn Random) -> Self {
        Self {
            remote: Guarded::new(remote, clock, settings.deadline, settings.change_deadline),
            stamps: Stamps::new(random),
            debts: Debts::default(),
            own: Mutex::default(),
        }
    }

    /// A name whose stamp is never forgotten. Of those there should be few.
    pub fn lasting(name: &str) -> Arc<[u8]> {
        [OF_REGION, name.as_bytes()].concat().into()
    }

    /// The value, and the stamps over everything and of these names, none of them 0. `None` while nobody can tell.
    pub async fn look(&self, value: &[u8], names: &[&[u8]]) -> Option<Looked> {
        if !self.is_square().await {
            return None;
        }
        let all = with_everything(names);
        let looked = self.remote.look(Some(value), &all).await.ok()?;
        if !looked.stamps.contains(&0) {
            return Some(looked);
        }
        // A stamp that there is not fits no value.
        let stamps = self.remote.ensure(&all, self.stamps.next()).await.ok()?;
        Some(Looked { value: None, stamps })
    }

    /// The stamps over everything and of these names, none of them 0.
    pub async fn stamps(&self, names: &[&[u8]]) -> Option<Vec<u64>> {
        if !self.is_square().await {
            return None;
        }
        self.remote.ensure(&with_everything(names), self.stamps.next()).await.ok()
    }

    /// Keeps the value for `ttl`. That it could not be kept is not told: it only costs time.
    pub async fn put(&self, value: &[u8], bytes: Vec<u8>, ttl: Duration) {
        let _slower_for_others = self.remote.put(value, bytes, ttl).await;
    }

    /// Ends what has the stamps of these names. What the others are not told is owed, and made up for by ending everything.
    pub async fn change(&self, names: Vec<Arc<[u8]>>) -> Reach {
        let debt = self.debts.begin();
        if self.tell(names).await {
            debt.settled();
            return Reach::Everywhere;
        }
        Reach::HereOnly
    }

    /// Tells `ear` of the others' changes, and that it may have missed some, until it is dropped.
    pub async fn listen(&self, ear: &dyn Ear) {
        self.remote.attend(|| Others { shelf: self, ear }, || self.is_square()).await;
    }

    async fn is_square(&self) -> bool {
        self.debts.settle(async || self.tell(vec![ALL.into()]).await).await
    }

    async fn tell(&self, names: Vec<Arc<[u8]>>) -> bool {
        let stamp = self.stamps.next();
        {
            let mut own = self.own.lock();
            if own.len() >= MOST_OWN {
                own.pop_front();
            }
            own.push_back(stamp);
        }
        match self.remote.change(&Change { names, stamp, pattern: None }).await {
            Ok(()) => true,
            Err(error) => {
                tracing::debug!(%error, "others were not told of a change");
                false
            }
        }
    }
}

fn with_everything<'n>(names: &[&'n [u8]]) -> Vec<&'n [u8]> {
    [ALL].into_iter().chain(names.iter().copied()).collect()
}

/// Hears of what others changed: one's own is known.
struct Others<'e> {
    shelf: &'e Shelf,
    ear: &'e dyn Ear,
}

impl Ear for Others<'_> {
    fn hears(&self) {
        self.ear.hears();
    }

    fn heard(&self, stamp: u64, names: &[&[u8]]) {
        if !self.shelf.own.lock().contains(&stamp) {
            self.ear.heard(stamp, names);
        }
    }
}
