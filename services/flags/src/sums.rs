//! How often each flag was evaluated, gathered in memory and added to the rows of the hour each few seconds.

use std::collections::HashMap;
use std::sync::Arc;

use banyan_features::{Count, Features};
use banyan_kernel::{Clock, Timestamp, Uuid};
use banyan_store::Store;
use parking_lot::Mutex;

use crate::clients::AddCounts;
use crate::error::FlagsError;
use crate::store::usage;

/// What waits to be written: one for each flag and variant. Beyond that, what is new is not counted until the next writing.
const MOST_WAITING: usize = 200_000;
/// In one transaction.
const AT_ONCE: usize = 500;
const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// Of one flag, or one of its variants, in an hour.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Cell {
    pub(crate) environment: Arc<str>,
    pub(crate) flag: String,
    /// Empty for the flag as a whole.
    pub(crate) variant: String,
    /// Its beginning, in microseconds.
    pub(crate) hour: i64,
}

/// On and off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) yes: u64,
    pub(crate) no: u64,
}

type Waiting = HashMap<(Uuid, Cell), Sum>;

/// Cheap to clone; every clone counts into the same.
#[derive(Clone, Default)]
pub struct Sums(Arc<Mutex<Waiting>>);

/// What a flag's evaluations came to, as a client tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub flag: String,
    pub yes: u64,
    pub no: u64,
    pub variants: Vec<(String, u64)>,
}

impl Sums {
    /// Adds what a client tells of a tenant's flags. Flags that `features` does not know are left out, and so are variants of long names:
    /// whoever holds a token must not fill the tables. `now` says which hour it is.
    pub fn add(
        &self,
        features: &Features,
        tenant: Uuid,
        environment: &str,
        told: impl IntoIterator<Item = Told>,
        now: Timestamp,
    ) {
        let Some(snapshot) = features.get(tenant, environment) else { return };
        let environment: Arc<str> = snapshot.environment().clone();
        for told in told.into_iter().filter(|told| snapshot.has(&told.flag)) {
            self.add_known(tenant, &environment, told, now);
        }
    }

    /// Takes what this process counted.
    pub(crate) fn take_from(&self, features: &Features, now: Timestamp) {
        for count in features.take_counts() {
            let Count { tenant, environment, flag, yes, no, variants } = count;
            self.add_known(tenant, &environment, Told { flag, yes, no, variants }, now);
        }
    }

    fn add_known(&self, tenant: Uuid, environment: &Arc<str>, told: Told, now: Timestamp) {
        let hour = now.micros() - now.micros().rem_euclid(MICROS_PER_HOUR);
        let cell = |variant: String| (tenant, Cell { environment: environment.clone(), flag: told.flag.clone(), variant, hour });
        let mut waiting = self.0.lock();
        let whole = [(String::new(), Sum { yes: told.yes, no: told.no })];
        let variants = told.variants.into_iter().filter(|(name, _)| (1..=100).contains(&name.len())).take(50);
        for (variant, sum) in whole.into_iter().chain(variants.map(|(name, yes)| (name, Sum { yes, no: 0 }))) {
            if sum == Sum::default() {
                continue;
            }
            let key = cell(variant);
            if waiting.len() >= MOST_WAITING && !waiting.contains_key(&key) {
                continue;
            }
            let known = waiting.entry(key).or_default();
            known.yes = known.yes.saturating_add(sum.yes);
            known.no = known.no.saturating_add(sum.no);
        }
    }

    /// Writes what waits. What could not be written waits on.
    pub(crate) async fn flush(&self, store: &Store) -> Result<(), FlagsError> {
        let mut by_tenant: HashMap<Uuid, Vec<(Cell, Sum)>> = HashMap::new();
        for ((tenant, cell), sum) in std::mem::take(&mut *self.0.lock()) {
            by_tenant.entry(tenant).or_default().push((cell, sum));
        }
        let mut failed = None;
        for (tenant, cells) in by_tenant {
            for cells in cells.chunks(AT_ONCE) {
                let rows = store.system(tenant);
                let written = rows.write(move |tx| async move { usage::add(&tx, cells).await }).await;
                if let Err(error) = written {
                    self.put_back(tenant, cells);
                    failed = Some(error);
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    fn put_back(&self, tenant: Uuid, cells: &[(Cell, Sum)]) {
        let mut waiting = self.0.lock();
        for (cell, sum) in cells {
            if waiting.len() >= MOST_WAITING {
                return;
            }
            let known = waiting.entry((tenant, cell.clone())).or_default();
            known.yes = known.yes.saturating_add(sum.yes);
            known.no = known.no.saturating_add(sum.no);
        }
    }
}

/// Sums with what says which flags there are, as the protocols of clients tell of them.
#[derive(Debug)]
pub(crate) struct TimedSums {
    sums: Sums,
    features: Features,
    clock: Arc<dyn Clock>,
}

impl Sums {
    pub(crate) fn with(&self, features: Features, clock: Arc<dyn Clock>) -> TimedSums {
        TimedSums { sums: self.clone(), features, clock }
    }
}

impl AddCounts for TimedSums {
    fn add(&self, counts: Vec<Count>) {
        let now = self.clock.now();
        for count in counts {
            let Count { tenant, environment, flag, yes, no, variants } = count;
            self.sums.add(&self.features, tenant, &environment, [Told { flag, yes, no, variants }], now);
        }
    }
}

impl std::fmt::Debug for Sums {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sums").field("waiting", &self.0.lock().len()).finish()
    }
}
