//! What goes, and what would be forgotten.

use std::time::Duration;

use banyan_events::jobs::{Job, JobContext, JobError};
use banyan_kernel::Uuid;
use banyan_store::{StoreError, Tx};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use super::rows;
use crate::App;
use crate::accept::statement;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Upkeep {}

impl Job for Upkeep {
    const KIND: &'static str = "events.tidy-webhooks";
}

/// Rows that go in one transaction, and transactions of one job.
const AT_ONCE: i64 = 1_000;
const MOST_TIMES: u32 = 50;
/// Subscriptions that are looked after in one job.
const MOST_LATE: i64 = 500;

pub(crate) async fn run(app: App, context: JobContext) -> Result<(), JobError> {
    let kept = app.exit.deliveries_kept_seconds;
    for _ in 0..MOST_TIMES {
        let gone = context.write(move |tx| async move { Ok(delete_old(&tx, kept).await?) }).await?;
        if gone < AT_ONCE.unsigned_abs() {
            break;
        }
    }
    let late = context.rows().read(|tx| async move { late(&tx).await }).await?;
    for (tenant, webhook) in late {
        // A job that was cancelled or failed for good.
        let rows = app.store.system(tenant);
        rows.write(move |tx| async move { rows::wake(&tx, webhook, Duration::ZERO).await }).await?;
    }
    context.finish(|tx| async move { Ok(forget_secrets(&tx).await?) }).await
}

async fn delete_old(tx: &Tx, kept_seconds: i64) -> Result<u64, StoreError> {
    const SQL: &str = "DELETE FROM webhook_deliveries WHERE id IN \
        (SELECT id FROM webhook_deliveries WHERE created_at < $1 ORDER BY created_at LIMIT $2)";
    let before = tx.now().plus_seconds(-kept_seconds).micros();
    rows::execute(tx, SQL, vec![before.into(), AT_ONCE.into()]).await
}

/// Those with something that has been due for a while, though nothing fails.
async fn late(tx: &Tx) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    const SQL: &str = "SELECT tenant, id FROM webhooks WHERE enabled AND EXISTS (SELECT 1 FROM webhook_deliveries d \
        WHERE d.webhook_id = webhooks.id AND d.state = 'waiting' AND d.due_at < $1) ORDER BY id LIMIT $2";
    let before = tx.now().plus_seconds(-600).micros();
    let rows = tx.query_all_raw(statement(tx, SQL, vec![before.into(), MOST_LATE.into()])).await?;
    rows.iter().map(|row| Ok((row.try_get("", "tenant")?, row.try_get("", "id")?))).collect()
}

/// Those before the last that nobody signs with any more.
async fn forget_secrets(tx: &Tx) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE webhooks SET former_secret = NULL, former_until = NULL WHERE former_until < $1";
    rows::execute(tx, SQL, vec![tx.now().micros().into()]).await.map(drop)
}
