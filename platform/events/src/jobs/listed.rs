//! Jobs as those see them who run the installation.

use std::str::FromStr;

use banyan_kernel::{Timestamp, Uuid};
use serde::{Deserialize, Serialize};

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Due later.
    Waiting,
    /// Due now.
    Ready,
    Running,
    Done,
    /// For a person: there are no attempts left, or it could never work.
    Failed,
    Cancelled,
}

impl JobState {
    pub const ALL: [Self; 6] = [Self::Waiting, Self::Ready, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// No state has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such state; there are waiting, ready, running, done, failed, cancelled")]
pub struct NoSuchState;

impl FromStr for JobState {
    type Err = NoSuchState;

    fn from_str(word: &str) -> Result<Self, NoSuchState> {
        Self::ALL.into_iter().find(|state| state.word() == word).ok_or(NoSuchState)
    }
}

/// A job with its history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobSheet {
    pub id: Uuid,
    /// Nil for the installation's own.
    pub tenant: Uuid,
    pub kind: String,
    pub queue: String,
    pub state: JobState,
    /// `urgent`, `normal` or `low`.
    pub priority: String,
    /// Attempts that were begun.
    pub attempts: u32,
    pub created_at: Timestamp,
    pub due_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// 0 to 100, where the job says so.
    pub percent: Option<u8>,
    pub message: Option<String>,
    /// Somebody has asked to cancel it, and it still runs.
    pub cancel_asked: bool,
    /// The last ten, the latest at the end.
    pub errors: Vec<JobFailure>,
    /// What it is about; in the list of many it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<serde_json::Value>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFailure {
    pub at: Timestamp,
    pub attempt: u32,
    pub error: String,
}

/// When a schedule is due next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleLine {
    pub name: String,
    pub cron: String,
    /// IANA.
    pub zone: String,
    pub next_at: Timestamp,
    pub last_at: Option<Timestamp>,
}
