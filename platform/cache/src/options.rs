//! How a region keeps its values.

use std::time::Duration;

/// How soon a region must know of changes that other processes made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// A value is never older than an invalidation that was answered before it was asked for, on whichever node. What lies in this process is
    /// asserted by Redis on each hit (one round trip, no value moves) unless the process is alone. Without an assertion it is loaded.
    #[default]
    OwnWrites,
    /// Others' changes are heard over the backplane, milliseconds later. A node that cannot hear asks Redis, or loads.
    Soon,
    /// Age alone, and what is invalidated in this process. For what nobody invalidates, or where the age is short: published keys.
    ByAge,
}

/// How long values are kept, and what is done when loading is slow or fails.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub freshness: Freshness,
    /// How long a value is fresh. 1 hour.
    pub ttl: Duration,
    /// How long it is remembered that there is nothing. 1 minute.
    pub absent_ttl: Duration,
    /// Which share of the time to live is taken off at most, by chance, so that values that came together do not end together: 0 to 0.9. 0.1.
    pub jitter: f64,
    /// After which share of its life a value that is asked for is loaded anew beside the answer: above 0; 1 and more is never. 0.9.
    pub eager: f64,
    /// How long after its end a value may still be answered if loading fails or is slow. An invalidated value never is. 0: not at all.
    pub stale: Duration,
    /// After which time such a value is answered while the load goes on. 100 ms.
    pub soft_timeout: Duration,
    /// How long anybody waits for a load, which goes on. 30 s.
    pub hard_timeout: Duration,
    /// How long a node waits for another one that loads the same. It then loads, too. 0: it does not ask. 500 ms.
    pub wait_for_others: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            freshness: Freshness::OwnWrites,
            ttl: Duration::from_secs(3_600),
            absent_ttl: Duration::from_secs(60),
            jitter: 0.1,
            eager: 0.9,
            stale: Duration::ZERO,
            soft_timeout: Duration::from_millis(100),
            hard_timeout: Duration::from_secs(30),
            wait_for_others: Duration::from_millis(500),
        }
    }
}

impl Options {
    /// Fresh for so long.
    pub fn fresh_for(ttl: Duration) -> Self {
        Self { ttl, ..Self::default() }
    }
}

/// When a value ends, in microseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ages {
    pub(crate) created: i64,
    pub(crate) eager_at: i64,
    pub(crate) fresh_until: i64,
    pub(crate) stale_until: i64,
}

pub(crate) fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

impl Ages {
    /// `chance` is from 0 to 1.
    pub(crate) fn new(options: &Options, created: i64, is_absent: bool, chance: f64) -> Self {
        let ttl = micros(if is_absent { options.absent_ttl } else { options.ttl });
        let life = share(ttl, 1.0 - options.jitter.clamp(0.0, 0.9) * chance.clamp(0.0, 1.0));
        let fresh_until = created.saturating_add(life);
        let eager_at = if options.eager < 1.0 { created.saturating_add(share(life, options.eager.max(0.0))) } else { i64::MAX };
        Self { created, eager_at, fresh_until, stale_until: fresh_until.saturating_add(micros(options.stale)) }
    }

    pub(crate) fn is_fresh(&self, now: i64) -> bool {
        now < self.fresh_until
    }

    pub(crate) fn is_of_use(&self, now: i64) -> bool {
        now < self.stale_until
    }
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a share of a life need not be exact")]
fn share(whole: i64, part: f64) -> i64 {
    (whole as f64 * part) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_shortens_a_life_by_the_jitter_at_most() {
        let options = Options { ttl: Duration::from_secs(100), stale: Duration::from_secs(5), ..Options::default() };
        let (longest, shortest) = (Ages::new(&options, 0, false, 0.0), Ages::new(&options, 0, false, 1.0));
        assert_eq!((longest.fresh_until, shortest.fresh_until), (100_000_000, 90_000_000));
        assert_eq!((longest.eager_at, longest.stale_until), (90_000_000, 105_000_000));
        let never = Options { eager: 1.0, ..options };
        assert_eq!(Ages::new(&never, 0, false, 0.0).eager_at, i64::MAX);
        assert_eq!(Ages::new(&options, 0, true, 0.0).fresh_until, 60_000_000);
    }
}
