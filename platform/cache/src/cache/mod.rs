//! One cache a process.

mod listen;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use banyan_kernel::{Clock, Random};
use banyan_telemetry::Metrics;
use parking_lot::Mutex;

use crate::cells::{Cell, Cells};
use crate::change::{LocalPatterns, Stamps};
use crate::debts::Debts;
use crate::flights::Flights;
use crate::key::{ALL, Realm, stamp_of_tag};
use crate::memory::Memory;
use crate::options::Options;
use crate::region::Region;
use crate::remote::{Change, Guarded, PatternChange, Remote};
use crate::stats::{Counts, Shown};

/// How much is kept in this process, and how long Redis may take.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Values in memory, with what is kept beside them. 64 MiB.
    pub memory_bytes: u64,
    /// Their number. 10,000.
    pub entries: u64,
    /// What Redis is asked for a request. 100 ms.
    pub deadline: Duration,
    /// How long whoever changed something waits until the others are told. 250 ms.
    pub change_deadline: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            memory_bytes: 64 << 20,
            entries: 10_000,
            deadline: Duration::from_millis(100),
            change_deadline: Duration::from_millis(250),
        }
    }
}

/// Who else changes what is read here.
#[derive(Clone, Debug)]
pub enum Company {
    /// Nobody: this process is the only one on its data.
    Alone,
    /// Others, and nothing by which they could be heard. Only regions [by age](crate::Freshness::ByAge) keep anything.
    Apart,
    /// Others, which share this.
    Shared(Arc<dyn Remote>),
}

/// How far an invalidation reached when it was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Reach {
    Everywhere,
    /// Only this process knows. It makes up for it as soon as Redis answers it again; until then it takes nothing from the cache that others
    /// may have changed.
    HereOnly,
}

/// The process's cache. Cheap to clone.
#[derive(Clone)]
pub struct Cache(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) company: Known,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) stamps: Stamps,
    pub(crate) memory: Memory,
    pub(crate) cells: Cells,
    pub(crate) flights: Flights,
    pub(crate) patterns: LocalPatterns,
    /// Odd while changes are heard; another number after each interruption.
    pub(crate) hearing: AtomicU64,
    debts: Debts,
    counts: Mutex<Vec<Arc<Counts>>>,
}

pub(crate) enum Known {
    Alone,
    Apart,
    Shared(Guarded),
}

impl Cache {
    pub fn new(settings: &Settings, company: Company, clock: Arc<dyn Clock>, random: &dyn Random) -> Self {
        let company = match company {
            Company::Alone => Known::Alone,
            Company::Apart => Known::Apart,
            Company::Shared(remote) => {
                Known::Shared(Guarded::new(remote, clock.clone(), settings.deadline, settings.change_deadline))
            }
        };
        // A value has some four stamps, of which one is its own.
        let cells = usize::try_from(settings.entries.saturating_mul(8)).unwrap_or(usize::MAX).saturating_add(1 << 16);
        Self(Arc::new(Inner {
            company,
            clock,
            stamps: Stamps::new(random),
            memory: Memory::new(settings.memory_bytes, settings.entries),
            cells: Cells::new(cells),
            flights: Flights::default(),
            patterns: LocalPatterns::default(),
            hearing: AtomicU64::new(0),
            debts: Debts::default(),
            counts: Mutex::default(),
        }))
    }

    /// Values of one type. `name` is of the program, such as `goals.list`, and names one type everywhere; `version` grows whenever the type or its
    /// meaning changes: what other versions keep is not read.
    pub fn region<T>(&self, name: &'static str, version: u32, options: Options) -> Region<T> {
        let mut counts = self.0.counts.lock();
        let known = counts.iter().find(|counts| counts.region == name).cloned();
        let counts = known.unwrap_or_else(|| {
            let fresh = Arc::new(Counts::new(name));
            counts.push(fresh.clone());
            fresh
        });
        Region::new(self.clone(), name, version, options, counts)
    }

    /// Ends all values under these tags, in all regions, on all nodes. It costs the same for one value and for a million.
    ///
    /// Call it after the commit and before the answer. It never fails; see [`Reach`].
    pub async fn invalidate(&self, realm: Realm, tags: &[&str]) -> Reach {
        let names = tags.iter().map(|tag| stamp_of_tag(realm, tag).into()).collect();
        self.change(Change { names, stamp: self.0.stamps.next(), pattern: None }).await
    }

    /// Ends everything.
    pub async fn clear(&self) -> Reach {
        let reach = self.change(Change { names: vec![ALL.into()], stamp: self.0.stamps.next(), pattern: None }).await;
        self.0.memory.clear();
        reach
    }

    /// Shows what was counted, as `cache_…`.
    pub fn show(&self, metrics: &Metrics) {
        metrics.add_collector(Shown(self.clone()));
    }

    pub(crate) fn counts(&self) -> Vec<Arc<Counts>> {
        self.0.counts.lock().clone()
    }

    pub(crate) async fn change(&self, change: Change) -> Reach {
        for name in &change.names {
            self.0.cells.change(name, change.stamp);
        }
        match &self.0.company {
            Known::Alone => Reach::Everywhere,
            Known::Apart => Reach::HereOnly,
            Known::Shared(remote) => {
                let debt = self.0.debts.begin();
                match remote.change(&change).await {
                    Ok(()) => {
                        debt.settled();
                        Reach::Everywhere
                    }
                    Err(error) => {
                        tracing::debug!(%error, "others were not told of a change");
                        Reach::HereOnly
                    }
                }
            }
        }
    }
}

impl Inner {
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().micros()
    }

    pub(crate) fn cells_of<'n>(&self, names: impl Iterator<Item = &'n [u8]>) -> Arc<[Arc<Cell>]> {
        names.map(|name| self.cells.of(name)).collect()
    }

    /// Since when changes are heard; `None` while they are not.
    pub(crate) fn hearing(&self) -> Option<u64> {
        Some(self.hearing.load(Ordering::SeqCst)).filter(|hearing| hearing % 2 == 1)
    }

    /// Whether nobody lacks a change of this process. One that could not be told is made up for by ending everything.
    pub(crate) async fn is_square(&self, remote: &Guarded) -> bool {
        let make_up = async || {
            let change = Change { names: vec![ALL.into()], stamp: self.stamps.next(), pattern: None };
            let is_told = remote.change(&change).await.is_ok();
            if is_told {
                self.cells.change(ALL, change.stamp);
            }
            is_told
        };
        self.debts.settle(make_up).await
    }

    pub(crate) async fn patterns_of(&self, region: &'static str) -> Vec<PatternChange> {
        match &self.company {
            Known::Alone | Known::Apart => self.patterns.of(region),
            Known::Shared(remote) => remote.patterns(region).await.unwrap_or_default(),
        }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("entries", &self.0.memory.len()).finish_non_exhaustive()
    }
}
