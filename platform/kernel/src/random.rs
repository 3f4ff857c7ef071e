//! Randomness, handed in like time. Everything secret comes from [`OsRandom`].

use std::fmt;

/// A source of unpredictable bytes.
pub trait Random: Send + Sync + fmt::Debug {
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's cryptographically secure generator (`getrandom(2)`).
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    /// # Panics
    /// When the operating system cannot give randomness: no secret made without it may leave the process.
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives randomness");
    }
}
