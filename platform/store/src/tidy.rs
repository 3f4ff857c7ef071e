//! What the store forgets by itself.

use banyan_kernel::Uuid;
use sea_orm::{ConnectionTrait, Statement};

use crate::error::StoreError;
use crate::idempotency::KEPT_SECONDS;
use crate::store::Store;

impl Store {
    /// Deletes, in one tenant, answers that no idempotency key may give again; says how many rows.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn tidy(&self, tenant: Uuid) -> Result<u64, StoreError> {
        const ANSWERS: &str = "DELETE FROM idempotency WHERE created_at < $1";
        self.system(tenant)
            .write(|tx| async move {
                let before = tx.now().plus_seconds(-KEPT_SECONDS).micros();
                let statement = Statement::from_sql_and_values(tx.get_database_backend(), ANSWERS, [before.into()]);
                Ok(tx.execute_raw(statement).await?.rows_affected())
            })
            .await
    }
}
