use std::sync::Arc;

use banyan_kernel::Timestamp;
use banyan_store::StoreError;

use super::cron::Cron;
use super::job::Job;

/// A moment that is later than this is missed, in seconds: nobody was there.
const MISSED_AFTER_SECONDS: i64 = 60;
/// What is made up for at most, whatever was asked for.
const MOST_MADE_UP: u32 = 1_000;

/// What becomes of moments at which no process ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missed {
    /// One job for all of them, for the latest.
    #[default]
    RunOnce,
    /// None; the next one is the next moment.
    Skip,
    /// One job each, for the latest ones up to this number (at most 1,000).
    RunAll { at_most: u32 },
}

type Make = dyn Fn(Timestamp) -> Result<serde_json::Value, StoreError> + Send + Sync;

/// Jobs at set times: one for each moment, however many processes there are.
///
/// They belong to the installation, not to a tenant: [`super::JobContext::tenant`] is nil. A job for each tenant is enqueued by such a one.
#[derive(Clone)]
pub struct Schedule {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) queue: &'static str,
    pub(super) cron: Cron,
    missed: Missed,
    pub(super) make: Arc<Make>,
}

impl Schedule {
    /// `name` is stored: never rename one in use. `make` is given the moment.
    pub fn new<J: Job>(name: &'static str, cron: Cron, make: impl Fn(Timestamp) -> J + Send + Sync + 'static) -> Self {
        let make = move |at: Timestamp| {
            serde_json::to_value(make(at)).map_err(|error| StoreError::Constraint(format!("{}: {error}", J::KIND)))
        };
        Self { name, kind: J::KIND, queue: J::QUEUE, cron, missed: Missed::default(), make: Arc::new(make) }
    }

    #[must_use]
    pub fn missed(mut self, missed: Missed) -> Self {
        self.missed = missed;
        self
    }

    /// The moments from `first` to `now` that get a job, in order.
    pub(super) fn due(&self, first: Timestamp, now: Timestamp) -> Vec<Timestamp> {
        let Some(latest) = self.cron.until(now).filter(|latest| *latest >= first) else { return Vec::new() };
        match self.missed {
            Missed::RunOnce => vec![latest],
            Missed::Skip if now.seconds_since(latest) < MISSED_AFTER_SECONDS => vec![latest],
            Missed::Skip => Vec::new(),
            Missed::RunAll { at_most } => {
                let earlier = |moment: &Timestamp| self.cron.before(*moment);
                let moments = std::iter::successors(Some(latest), earlier).take_while(|moment| *moment >= first);
                let mut moments: Vec<Timestamp> = moments.take(at_most.min(MOST_MADE_UP) as usize).collect();
                moments.reverse();
                moments
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    struct Tick;

    impl Job for Tick {
        const KIND: &'static str = "test.tick";
    }

    #[test]
    fn what_was_missed_is_treated_as_the_schedule_says() {
        let schedule = |missed| Schedule::new("test", Cron::new("0 * * * *", "UTC").unwrap(), |_| Tick).missed(missed);
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let first = at("2024-01-15T03:00:00Z");
        let due = |missed, now: &str| -> Vec<String> {
            schedule(missed).due(first, at(now)).iter().map(Timestamp::to_string).collect()
        };
        let late = "2024-01-15T07:20:00Z";
        assert_eq!(due(Missed::RunOnce, late), ["2024-01-15T07:00:00Z"]);
        assert_eq!(due(Missed::Skip, late), Vec::<String>::new());
        assert_eq!(due(Missed::Skip, "2024-01-15T07:00:30Z"), ["2024-01-15T07:00:00Z"], "this one is not missed");
        assert_eq!(
            due(Missed::RunAll { at_most: 3 }, late),
            ["2024-01-15T05:00:00Z", "2024-01-15T06:00:00Z", "2024-01-15T07:00:00Z"]
        );
        assert_eq!(due(Missed::RunAll { at_most: 100 }, late).len(), 5);
        assert_eq!(due(Missed::RunAll { at_most: u32::MAX }, "2034-01-15T07:20:00Z").len(), 1_000, "years away");
        assert_eq!(due(Missed::RunOnce, "2024-01-15T02:00:00Z"), Vec::<String>::new(), "the clock went back");
    }
}
