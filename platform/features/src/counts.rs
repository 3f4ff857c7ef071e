//! How often each flag was on, off, and gave which variant. Counting takes no lock and no memory: each worker adds in cells of its own, by
//! the flag's number.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use banyan_kernel::Uuid;

/// Threads beyond that share cells, which costs time but loses nothing.
const WORKERS: usize = 16;

static NEXT_WORKER: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static WORKER: usize = NEXT_WORKER.fetch_add(1, Ordering::Relaxed) % WORKERS;
}

/// What was counted of one flag since it was taken last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    pub tenant: Uuid,
    pub environment: Arc<str>,
    pub flag: String,
    pub yes: u64,
    pub no: u64,
    /// Those that were chosen, by name.
    pub variants: Vec<(String, u64)>,
}

/// The cells of one snapshot.
pub(crate) struct Tally {
    flags: Box<[Counted]>,
    variants: usize,
    workers: [OnceLock<Worker>; WORKERS],
}

/// What is counted of a flag.
pub(crate) struct Counted {
    name: Box<str>,
    variants: Box<[Box<str>]>,
    /// Where its variants begin among all.
    begin: usize,
}

struct Worker {
    flags: Box<[[AtomicU64; 2]]>,
    variants: Box<[AtomicU64]>,
}

impl Tally {
    /// Flags in the order of their numbers, each with its variants' names.
    pub(crate) fn new(flags: impl IntoIterator<Item = (Box<str>, Box<[Box<str>]>)>) -> Self {
        let mut begin = 0;
        let counted = flags.into_iter().map(|(name, variants)| {
            let own = Counted { begin, name, variants };
            begin += own.variants.len();
            own
        });
        let flags = counted.collect();
        Self { flags, variants: begin, workers: [const { OnceLock::new() }; WORKERS] }
    }

    /// Of a flag, by name.
    pub(crate) fn variants(&self, flag: usize) -> &[Box<str>] {
        self.flags.get(flag).map_or(&[], |counted| &counted.variants)
    }

    fn worker(&self) -> &Worker {
        let own = WORKER.with(|worker| *worker);
        self.workers[own].get_or_init(|| Worker {
            flags: std::iter::repeat_with(Default::default).take(self.flags.len()).collect(),
            variants: std::iter::repeat_with(Default::default).take(self.variants).collect(),
        })
    }

    pub(crate) fn count(&self, flag: usize, enabled: bool) {
        if let Some(cells) = self.worker().flags.get(flag) {
            cells[usize::from(enabled)].fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn count_variant(&self, flag: usize, name: &str) {
        let Some(counted) = self.flags.get(flag) else { return };
        let Some(at) = counted.variants.iter().position(|known| **known == *name) else { return };
        if let Some(cell) = self.worker().variants.get(counted.begin + at) {
            cell.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Takes what was counted; what is counted meanwhile comes next time.
    pub(crate) fn take(&self, tenant: Uuid, environment: &Arc<str>, into: &mut Vec<Count>) {
        let workers: Vec<&Worker> = self.workers.iter().filter_map(OnceLock::get).collect();
        if workers.is_empty() {
            return;
        }
        let taken = |cell: &AtomicU64| if cell.load(Ordering::Relaxed) == 0 { 0 } else { cell.swap(0, Ordering::Relaxed) };
        for (number, counted) in self.flags.iter().enumerate() {
            let sum = |which: usize| workers.iter().map(|worker| taken(&worker.flags[number][which])).sum::<u64>();
            let (no, yes) = (sum(0), sum(1));
            let of_variant = |(at, name): (usize, &str)| {
                let sum: u64 = workers.iter().map(|worker| taken(&worker.variants[counted.begin + at])).sum();
                (sum > 0).then(|| (name.to_owned(), sum))
            };
            let variants: Vec<_> = counted.variants.iter().map(AsRef::as_ref).enumerate().filter_map(of_variant).collect();
            if yes > 0 || no > 0 || !variants.is_empty() {
                let (environment, flag) = (environment.clone(), counted.name.to_string());
                into.push(Count { tenant, environment, flag, yes, no, variants });
            }
        }
    }
}
