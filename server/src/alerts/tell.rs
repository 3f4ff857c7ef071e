//! One message to one receiver, tried for an hour or so.

use std::time::Duration;

use banyan_channels::Refused;
use banyan_events::jobs::{Job, JobContext, JobError, Retries};
use banyan_kernel::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Alerts, QUEUE, Receiver, Trouble};

/// What happened to a trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stage {
    New,
    /// After some hours.
    Still,
    Over,
}

impl Stage {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Still => "still",
            Self::Over => "over",
        }
    }
}

/// One trouble.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) trouble: Trouble,
    pub(crate) count: u64,
    pub(crate) stage: Stage,
}

/// What is told of one service at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct News {
    pub(crate) service: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) at: Timestamp,
}

/// Tell this receiver.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Tell {
    pub(super) receiver: Receiver,
    pub(super) news: News,
}

impl Job for Tell {
    const KIND: &'static str = "alerts.tell";
    const QUEUE: &'static str = QUEUE;
    const TIMEOUT: Duration = Duration::from_secs(180);
    const RETRIES: Retries = Retries { attempts: 12, first: Duration::from_secs(2), longest: Duration::from_secs(600) };
}

pub(super) async fn tell(alerts: Alerts, job: Tell, context: JobContext) -> Result<(), JobError> {
    match alerts.receivers.tell(job.receiver, &job.news, context.id()).await {
        Ok(_) => Ok(()),
        Err(refused) => Err(again(&refused)),
    }
}

fn again(refused: &Refused) -> JobError {
    let text = refused.to_string();
    match (refused.is_temporary(), refused.retry_after()) {
        (true, Some(pause)) => JobError::RetryAfter { text, pause },
        (true, None) => JobError::Retry(text),
        (false, _) => JobError::Fatal(text),
    }
}
