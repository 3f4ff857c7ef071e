//! One cell a worker: counting touches memory that no other worker writes, reading adds all cells up.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

static NEXT_THREAD: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static THREAD: usize = NEXT_THREAD.fetch_add(1, Ordering::Relaxed);
}

/// A `T` for each worker, apart from each other's cache lines.
///
/// Threads share a cell where there are more of them than cells: cells must therefore count atomically.
#[derive(Debug)]
pub struct PerWorker<T>(Box<[Apart<T>]>);

/// Two lines of 64 bytes, since processors fetch them in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Apart<T>(T);

impl<T: Default> PerWorker<T> {
    pub fn new() -> Self {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        // Twice as many, so that a test's or the store's threads rarely push a worker onto another's cell.
        let cells = (workers * 2).next_power_of_two().clamp(2, 128);
        Self((0..cells).map(|_| Apart::default()).collect())
    }

    /// The present thread's cell.
    pub fn local(&self) -> &T {
        let thread = THREAD.with(|thread| *thread);
        &self.0[thread & (self.0.len() - 1)].0
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|cell| &cell.0)
    }
}

impl<T: Default> Default for PerWorker<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// A number that goes up and down, counted per worker. A unit may be added on one worker and taken away on another.
#[derive(Debug, Default)]
pub struct Count(PerWorker<AtomicI64>);

impl Count {
    pub fn add(&self, units: i64) {
        self.0.local().fetch_add(units, Ordering::Relaxed);
    }

    /// The sum of all workers.
    pub fn get(&self) -> i64 {
        self.0.iter().map(|cell| cell.load(Ordering::Relaxed)).sum()
    }
}
