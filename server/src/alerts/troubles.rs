//! What needs a person. Few things, each of which somebody can do something about.

use anyhow::Result;
use banyan_channels::pagerduty::Severity;
use banyan_events::jobs::{Board, Filter as JobFilter, JobState};
use banyan_events::log::{DeadLetters, Filter};
use banyan_events::sagas::{SagaBoard, SagaFilter, SagaState};
use banyan_kernel::Timestamp;
use banyan_telemetry::State;
use serde::{Deserialize, Serialize};

use super::Watched;

/// Things counted at the most.
const MOST: u32 = 200;
/// A job that failed longer ago is known, or nobody cares.
const RECENT_SECONDS: i64 = 86_400;
/// What a broker outside may lag behind before somebody is called.
const MOST_LAG: u64 = 1_000;

/// What the check is called among those of health.
const ROW_SECURITY: &str = "row-security";

/// A rule. Its word is stored: never rename one in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Trouble {
    /// Events that could not be handled.
    DeadLetters,
    /// Processes over several services that go neither forward nor back.
    StuckSagas,
    /// Jobs without attempts left, of the last day.
    FailedJobs,
    /// Events that do not leave for a broker outside.
    Relay,
    /// The database's rules about who sees which rows are not those that this program has.
    RowSecurity,
}

impl Trouble {
    pub(crate) const ALL: [Self; 5] = [Self::DeadLetters, Self::StuckSagas, Self::FailedJobs, Self::Relay, Self::RowSecurity];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::DeadLetters => "dead-letters",
            Self::StuckSagas => "stuck-sagas",
            Self::FailedJobs => "failed-jobs",
            Self::Relay => "relay",
            Self::RowSecurity => ROW_SECURITY,
        }
    }

    pub(crate) const fn severity(self) -> Severity {
        match self {
            Self::RowSecurity => Severity::Critical,
            Self::StuckSagas | Self::Relay => Severity::Error,
            Self::DeadLetters | Self::FailedJobs => Severity::Warning,
        }
    }

    /// How much of it there is now: 0 is none.
    pub(crate) async fn count(self, watched: &Watched, now: Timestamp) -> Result<u64> {
        let store = &watched.store;
        Ok(match self {
            Self::DeadLetters => DeadLetters::of(store).count(&Filter::default()).await?,
            Self::StuckSagas => {
                let filter = SagaFilter { state: Some(SagaState::Stuck), limit: Some(MOST), ..SagaFilter::default() };
                SagaBoard::of_all(store).list(&filter).await?.items.len() as u64
            }
            Self::FailedJobs => {
                let filter = JobFilter { state: Some(JobState::Failed), limit: Some(MOST), ..JobFilter::default() };
                let found = Board::of_all(store).list(&filter).await?.items;
                // What could not be told is no news, and would be told in vain, too.
                let counts = |job: &&banyan_events::jobs::JobSheet| {
                    !job.kind.starts_with("alerts.") && job.ended_at.is_some_and(|at| now.seconds_since(at) < RECENT_SECONDS)
                };
                found.iter().filter(counts).count() as u64
            }
            Self::Relay => {
                let Some(consumers) = &watched.consumers else { return Ok(0) };
                let states = consumers.relays().await?;
                // Another process may have it, and come through.
                states.iter().filter(|state| state.here.trouble.is_some() && state.lag >= MOST_LAG).map(|state| state.lag).sum()
            }
            // All services are looked at together: one of them says it.
            Self::RowSecurity if store.service() != banyan_identity::SERVICE => 0,
            Self::RowSecurity => {
                let report = watched.health.report().await;
                u64::from(report.services.get(ROW_SECURITY).is_some_and(|found| found.status != State::Up))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_that_are_stored() {
        for trouble in Trouble::ALL {
            assert_eq!(serde_json::to_value(trouble).unwrap(), trouble.word());
        }
    }
}
