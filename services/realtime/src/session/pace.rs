//! How fast a client may ask: a bucket that fills by the second.

use tokio::time::Instant;

/// Who goes on although it is refused, so many times the rate, is hostile.
const HOSTILE: f64 = 2.0;

pub(crate) struct Pace {
    rate: f64,
    left: f64,
    refused: f64,
    at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Fine,
    TooFast,
    Hostile,
}

impl Pace {
    /// A second's worth more at once: clients subscribe to all their rooms in one batch.
    pub(crate) fn new(per_second: u32) -> Self {
        let rate = f64::from(per_second.max(1));
        Self { rate, left: rate * 2.0, refused: 0.0, at: Instant::now() }
    }

    pub(crate) fn step(&mut self) -> Step {
        let now = Instant::now();
        let gained = now.duration_since(self.at).as_secs_f64() * self.rate;
        self.at = now;
        self.left = (self.left + gained).min(self.rate * 2.0);
        self.refused = (self.refused - gained).max(0.0);
        if self.left >= 1.0 {
            self.left -= 1.0;
            return Step::Fine;
        }
        self.refused += 1.0;
        if self.refused > self.rate * HOSTILE { Step::Hostile } else { Step::TooFast }
    }
}
