//! What is kept, and whether it counts.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Region;
use crate::cache::Known;
use crate::cells::Cell;
use crate::change::outlives;
use crate::envelope;
use crate::flights::Erased;
use crate::key::{ALL, Key, Realm, stamp_of_key, stamp_of_tag};
use crate::memory::Entry;
use crate::options::Freshness;
use crate::remote::Guarded;
use crate::stats::Event;

/// The place of the region's stamp among those of a value.
const OF_REGION: usize = 1;

/// A question.
pub(super) struct Asked {
    pub(super) name: Arc<[u8]>,
    realm: Realm,
    text: Arc<str>,
    tags: Vec<Vec<u8>>,
    region: Arc<[u8]>,
    pub(super) now: i64,
}

impl Asked {
    pub(super) fn of<T>(region: &Region<T>, key: &Key) -> Option<Self> {
        let name = key.name(region.name, region.version)?;
        Some(Self {
            realm: key.realm(),
            text: key.text().into(),
            tags: key.tags().iter().map(|tag| stamp_of_tag(key.realm(), tag)).collect(),
            region: region.stamp.clone(),
            now: region.cache.0.now(),
            name: name.into(),
        })
    }

    /// Of everything, of the region, of the value itself, and of its tags.
    fn cells<T>(&self, region: &Region<T>) -> Arc<[Arc<Cell>]> {
        let own = stamp_of_key(&self.name);
        let names = [ALL, &self.region, &own].into_iter().chain(self.tags.iter().map(Vec::as_slice));
        region.cache.0.cells_of(names)
    }

    /// A value under other tags is none of this question.
    fn is_under(&self, cells: &[Arc<Cell>]) -> bool {
        cells.len() == self.tags.len() + 3 && cells[3..].iter().zip(&self.tags).all(|(cell, tag)| *cell.name == **tag)
    }
}

/// What counts at the moment of a question.
pub(super) struct Standing {
    pub(super) cells: Arc<[Arc<Cell>]>,
    pub(super) stamps: Vec<u64>,
    pub(super) hearing: u64,
    /// A value past its end, which may still be answered if there is nothing better.
    pub(super) past: Option<Arc<Entry>>,
}

pub(super) enum Found {
    Value(Arc<Entry>, Event),
    Nothing(Standing),
    /// Nobody can assert what is kept.
    Nobody,
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Region<T> {
    /// A fresh value, if this process itself can tell that it counts.
    pub(super) fn in_memory(&self, asked: &Asked) -> Option<Arc<Entry>> {
        let inner = &self.cache.0;
        let asserts_itself = !self.is_asserted() || self.options.freshness == Freshness::Soon;
        let entry = inner.memory.get(&asked.name).filter(|_| asserts_itself)?;
        if self.is_asserted() && inner.hearing() != Some(entry.hearing) {
            return None;
        }
        (entry.ages.is_fresh(asked.now) && entry.holds() && asked.is_under(&entry.cells)).then_some(entry)
    }

    pub(super) async fn find(&self, asked: &Asked) -> Found {
        let inner = &self.cache.0;
        let kept = inner.memory.get(&asked.name).filter(|entry| asked.is_under(&entry.cells));
        let cells = kept.as_ref().map_or_else(|| asked.cells(self), |entry| entry.cells.clone());
        let hearing = inner.hearing().unwrap_or(0);
        let (stamps, bytes) = match (&inner.company, self.options.freshness) {
            (Known::Apart, Freshness::OwnWrites | Freshness::Soon) => return Found::Nobody,
            (Known::Alone | Known::Apart, _) => (self.own_stamps(&cells), None),
            (Known::Shared(remote), freshness) => match self.shared_stamps(remote, asked, &cells, kept.as_deref()).await {
                Some(found) => found,
                None if freshness == Freshness::ByAge => (self.own_stamps(&cells), None),
                None => return Found::Nobody,
            },
        };
        if stamps.contains(&0) {
            return Found::Nobody;
        }
        let standing = Standing { cells, stamps, hearing, past: None };
        self.choose(asked, standing, kept, bytes).await
    }

    /// The stamps that this process goes by.
    fn own_stamps(&self, cells: &[Arc<Cell>]) -> Vec<u64> {
        cells.iter().map(|cell| cell.known_or(self.cache.0.stamps.next())).collect()
    }

    /// The stamps that all go by, none of them 0, and what lies in Redis. `None` if it cannot be told.
    async fn shared_stamps(
        &self,
        remote: &Guarded,
        asked: &Asked,
        cells: &[Arc<Cell>],
        kept: Option<&Entry>,
    ) -> Option<(Vec<u64>, Option<Vec<u8>>)> {
        let inner = &self.cache.0;
        if !inner.is_square(remote).await {
            return None;
        }
        let heard: Vec<u64> = cells.iter().map(|cell| cell.heard()).collect();
        let names: Vec<&[u8]> = cells.iter().map(|cell| &cell.name[..]).collect();
        // What lies here need not come again, if it still counts.
        let is_kept = kept.is_some_and(|entry| entry.ages.is_fresh(asked.now) && entry.holds());
        let looked = remote.look((!is_kept).then_some(&asked.name[..]), &names).await.ok()?;
        let (mut stamps, mut bytes) = (looked.stamps, looked.value);
        if stamps.contains(&0) {
            stamps = remote.ensure(&names, inner.stamps.next()).await.ok()?;
            bytes = None;
        } else if is_kept && kept.is_some_and(|entry| *entry.stamps != *stamps) {
            // Somebody else may have loaded it again.
            let again = remote.look(Some(&asked.name), &names).await.ok()?;
            (stamps, bytes) = (again.stamps, again.value);
        }
        for ((cell, stamp), heard) in cells.iter().zip(&stamps).zip(heard) {
            cell.learn(*stamp, heard);
        }
        Some((stamps, bytes))
    }

    /// The best of what lies here and what lies in Redis.
    async fn choose(&self, asked: &Asked, mut standing: Standing, kept: Option<Arc<Entry>>, bytes: Option<Vec<u8>>) -> Found {
        if let Some(entry) = kept
            && self.counts_still(asked, &entry.stamps, &standing.stamps).await
        {
            let entry = self.asserted(&entry, &standing);
            if entry.ages.is_fresh(asked.now) {
                self.cache.0.memory.put(&asked.name, entry.clone());
                return Found::Value(entry, Event::Memory);
            }
            standing.past = Some(entry).filter(|entry| entry.ages.is_of_use(asked.now));
        }
        let opened = bytes.and_then(|bytes| envelope::open::<T>(self.version, &bytes));
        if let Some(opened) = opened
            && self.counts_still(asked, &opened.stamps, &standing.stamps).await
        {
            let value = opened.value.map(|value| Arc::new(value) as Erased);
            let entry = self.entry(value, opened.ages, &standing, opened.length);
            if entry.ages.is_fresh(asked.now) {
                self.cache.0.memory.put(&asked.name, entry.clone());
                return Found::Value(entry, Event::Remote);
            }
            if entry.ages.is_of_use(asked.now) {
                standing.past = Some(entry);
            }
        }
        Found::Nothing(standing)
    }

    /// Whether what was kept under some stamps counts under others: the same, or with removals of other keys in between.
    pub(super) async fn counts_still(&self, asked: &Asked, kept: &[u64], now: &[u64]) -> bool {
        if kept == now {
            return true;
        }
        let elsewhere = |(place, (kept, now)): (usize, (&u64, &u64))| place == OF_REGION || kept == now;
        if kept.len() != now.len() || !kept.iter().zip(now).enumerate().all(elsewhere) {
            return false;
        }
        let changes = self.cache.0.patterns_of(self.name).await;
        outlives(&changes, kept[OF_REGION], now[OF_REGION], asked.realm, &asked.text)
    }

    fn asserted(&self, entry: &Arc<Entry>, standing: &Standing) -> Arc<Entry> {
        if *entry.stamps == *standing.stamps && entry.hearing == standing.hearing {
            return entry.clone();
        }
        self.entry(entry.value.clone(), entry.ages, standing, entry.bytes)
    }

    pub(super) fn entry(
        &self,
        value: Option<Erased>,
        ages: crate::options::Ages,
        standing: &Standing,
        bytes: usize,
    ) -> Arc<Entry> {
        Arc::new(Entry {
            value,
            ages,
            cells: standing.cells.clone(),
            stamps: standing.stamps.as_slice().into(),
            hearing: standing.hearing,
            bytes,
        })
    }
}
