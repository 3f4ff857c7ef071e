//! Hearing what other processes changed.

use std::sync::atomic::Ordering;

use super::{Cache, Inner, Known};
use crate::remote::Ear;

impl Cache {
    /// Hears changes of others and makes up for what they were not told, until it is dropped. One for a process, on a runtime that lasts. Without
    /// it the cache is right, too, but regions of [`Freshness::Soon`](crate::Freshness::Soon) ask Redis each time.
    pub async fn listen(self) {
        let Known::Shared(remote) = &self.0.company else { return };
        remote.attend(|| Listening(&self.0), || self.0.is_square(remote)).await;
    }
}

/// Changes are heard, until this is dropped.
struct Listening<'i>(&'i Inner);

impl Listening<'_> {
    fn turn_to(&self, odd: u64) {
        let next = |now: u64| Some(if now % 2 == odd { now + 2 } else { now + 1 });
        let _before = self.0.hearing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next);
    }
}

impl Ear for Listening<'_> {
    fn hears(&self) {
        self.turn_to(1);
    }

    fn heard(&self, stamp: u64, names: &[&[u8]]) {
        for name in names {
            self.0.cells.change(name, stamp);
        }
    }
}

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        self.turn_to(0);
    }
}
