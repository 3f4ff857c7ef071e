//! Counters that workers do not fight over: each thread adds in a cell of its own, who reads adds them up.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::call::mix;

/// Threads beyond that share cells, which costs time but loses nothing.
pub(crate) const WORKERS: usize = 16;

static NEXT_WORKER: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static WORKER: usize = NEXT_WORKER.fetch_add(1, Ordering::Relaxed) % WORKERS;
}

/// The cell of this thread, below [`WORKERS`].
pub(crate) fn worker() -> usize {
    WORKER.with(|worker| *worker)
}

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Count {
    Calls,
    Failures,
    Retries,
    Hedges,
    Shed,
}

#[repr(align(64))]
#[derive(Debug, Default)]
struct Cell([AtomicU64; 5]);

#[derive(Debug, Default)]
pub(crate) struct Cells([Cell; WORKERS]);

impl Cells {
    pub(crate) fn add(&self, what: Count) {
        self.0[worker()].0[what as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn sum(&self, what: Count) -> u64 {
        self.0.iter().map(|cell| cell.0[what as usize].load(Ordering::Relaxed)).sum()
    }
}

/// Numbers that look random, for spreading load; never for a secret. SplitMix64 on a counter a worker.
#[derive(Debug)]
pub(crate) struct Dice {
    seed: u64,
    rolls: [Padded; WORKERS],
}

#[repr(align(64))]
#[derive(Debug, Default)]
struct Padded(AtomicU64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, rolls: Default::default() }
    }

    pub(crate) fn roll(&self) -> u64 {
        let worker = worker();
        let count = self.rolls[worker].0.fetch_add(1, Ordering::Relaxed);
        let stream = self.seed ^ mix(worker as u64 + 1);
        mix(stream.wrapping_add(count.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// Evenly below `end`, which is not zero.
    #[expect(clippy::cast_possible_truncation, reason = "the result is below `end`")]
    pub(crate) fn below(&self, end: usize) -> usize {
        // The upper bits of the product (Lemire 2019); the bias is below 2^-32 for any number of instances.
        ((u128::from(self.roll()) * end as u128) >> 64) as usize
    }
}
