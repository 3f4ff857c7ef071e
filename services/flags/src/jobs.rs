//! Changes whose time has come.

use std::time::Duration;

use banyan_events::jobs::{Job, JobContext, JobError, JobHandler, Jobs, enqueue};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::FlagsError;
use crate::store::requests::{self, Stage};

/// Apply this change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ApplyChange {
    change: Uuid,
    environment: String,
}

impl Job for ApplyChange {
    const KIND: &'static str = "flags.apply-change";
}

impl ApplyChange {
    /// Asks for it to be done at that time.
    pub(crate) async fn schedule(tx: &Tx, change: Uuid, environment: &str, at: Timestamp) -> Result<(), StoreError> {
        let micros = u64::try_from(at.micros().saturating_sub(tx.now().micros())).unwrap_or(0);
        let job = Self { change, environment: environment.to_owned() };
        enqueue(tx, &job).delay(Duration::from_micros(micros)).unique(change.to_string()).await.map(drop)
    }
}

pub(crate) fn all(app: App) -> Jobs {
    Jobs::new().handle(JobHandler::new(move |job: ApplyChange, context| apply(app.clone(), job, context)))
}

async fn apply(app: App, job: ApplyChange, context: JobContext) -> Result<(), JobError> {
    let id = job.change;
    context
        .finish(move |tx| async move {
            let row = match requests::locked_open(&tx, id).await {
                Ok(row) if row.state == Stage::Scheduled.word() => row,
                // Somebody was faster, or has taken it back.
                Ok(_) | Err(FlagsError::Hidden | FlagsError::Conflict(_)) => return Ok(()),
                Err(error) => return Err(refused(error)),
            };
            requests::apply(&tx, row).await.map(drop).map_err(refused)
        })
        .await?;
    app.refresh(context.tenant(), std::slice::from_ref(&job.environment)).await;
    Ok(())
}

fn refused(error: FlagsError) -> JobError {
    match error {
        FlagsError::Store(error) => JobError::Store(error),
        error => JobError::Fatal(error.to_string()),
    }
}
