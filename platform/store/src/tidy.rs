//! What the store forgets by itself.

use banyan_kernel::Uuid;
use sea_orm::{ConnectionTrait, Statement};

use crate::error::StoreError;
use crate::idempotency::KEPT_SECONDS;
use crate::store::Store;

/// How long an event stays after it was delivered to all of its consumers: 7 days.
const EVENTS_KEPT_SECONDS: i64 = 7 * 24 * 60 * 60;

impl Store {
    /// Deletes, in one tenant, answers that no idempotency key may give again and events that were delivered long ago;
    /// says how many rows.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn tidy(&self, tenant: Uuid) -> Result<u64, StoreError> {
        const ANSWERS: &str = "DELETE FROM idempotency WHERE created_at < $1";
        const EVENTS: &str = "DELETE FROM outbox WHERE occurred_at < $1 \
            AND NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.event_id = outbox.id)";
        self.system(tenant)
            .write(|tx| async move {
                let (backend, now) = (tx.get_database_backend(), tx.now());
                let mut deleted = 0;
                for (sql, kept) in [(ANSWERS, KEPT_SECONDS), (EVENTS, EVENTS_KEPT_SECONDS)] {
                    let before = now.plus_seconds(-kept).micros();
                    deleted +=
                        tx.execute_raw(Statement::from_sql_and_values(backend, sql, [before.into()])).await?.rows_affected();
                }
                Ok(deleted)
            })
            .await
    }
}
