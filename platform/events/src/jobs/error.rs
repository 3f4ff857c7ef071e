use std::time::Duration;

use banyan_store::StoreError;
use sea_orm::DbErr;

/// Why a job could not be done. Its text is shown to those who run the installation: no secrets, no personal text.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// It may work another time.
    #[error("{0}")]
    Retry(String),
    /// As [`JobError::Retry`], at a time that the other side has told.
    #[error("{text}")]
    RetryAfter { text: String, pause: Duration },
    /// It will never work: no use in trying again.
    #[error("{0}")]
    Fatal(String),
    /// It stopped because it was asked to.
    #[error("cancelled")]
    Cancelled,
    /// Somebody else has the job now. Nothing of this attempt counts.
    #[error("the lease was lost: another process has the job")]
    LeaseLost,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for JobError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}
