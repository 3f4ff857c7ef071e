//! The end of a process that others, or the next one, go on for: clients are told to come again, some at a time, so that the others do not meet all of
//! them at once. What was said meanwhile they find in the rooms' history; what editors wrote and nobody has stored, they have.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::Shared;
use crate::engine::Engine;
use crate::protocol::Disconnect;

/// Between those who are told and the next.
const STEP: Duration = Duration::from_millis(50);
/// So many are told at once at least: few need no spreading.
const LEAST: usize = 10;
/// How long the last words may take, beyond the time in which they are said.
pub const LAST_WORDS: Duration = Duration::from_secs(2);
/// Between two looks whether all have gone.
const LOOK: Duration = Duration::from_millis(10);

impl Shared {
    /// Ends all conversations: WebSocket and server-sent events with 3001, shared documents with 1012. Clients come again by themselves. They are told within
    /// that time, and have [`LAST_WORDS`] beyond it to go; who comes meanwhile is told at once.
    pub async fn stop(&self, within: Duration) {
        if let Some(engine) = self.0.get() {
            engine.stop(within).await;
        }
    }
}

impl Engine {
    async fn stop(&self, within: Duration) {
        let links = self.hub.stop();
        let begun = Instant::now();
        for (number, some) in links.chunks(at_once(links.len(), within)).enumerate() {
            if number > 0 {
                sleep(STEP).await;
            }
            some.iter().for_each(|link| link.outbox.close(Disconnect::Shutdown));
        }
        while self.hub.conversations() > 0 && begun.elapsed() < within + LAST_WORDS {
            sleep(LOOK).await;
        }
    }
}

/// How many are told in one step.
fn at_once(all: usize, within: Duration) -> usize {
    let steps = usize::try_from(within.as_millis() / STEP.as_millis()).unwrap_or(usize::MAX).max(1);
    all.div_ceil(steps).max(LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_told_in_time_and_few_at_once() {
        for (all, seconds, expected) in
            [(0, 5, LEAST), (50_000, 5, 500), (1_000, 5, LEAST), (50_001, 5, 501), (7, 0, LEAST), (5_000, 0, 5_000)]
        {
            assert_eq!(at_once(all, Duration::from_secs(seconds)), expected, "{all} in {seconds} s");
        }
    }
}
