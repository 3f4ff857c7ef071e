//! What goes: an erased person's tickets, and old ones.

use banyan_kernel::Uuid;
use banyan_store::{Store, StoreError, Tx};
use sea_orm::{ConnectionTrait, Statement, Value};

/// Closed tickets stay for two years. That a data request was dealt with stays in the audit log.
const KEPT_SECONDS: i64 = 730 * 86_400;

/// All that is a person's: their tickets with all that was said in them. Of one who answered, the id goes from what they looked after.
pub(crate) async fn erase(tx: &Tx, user: Uuid) -> Result<(), StoreError> {
    execute(tx, "DELETE FROM tickets WHERE user_id = $1", user.into()).await?;
    execute(tx, "UPDATE tickets SET assignee_id = NULL WHERE assignee_id = $1", user.into()).await?;
    Ok(())
}

/// Removes tickets of a tenant that were closed two years ago; says how many.
///
/// # Errors
/// What the store answers.
pub async fn purge(store: &Store, tenant: Uuid) -> Result<u64, StoreError> {
    let rows = store.system(tenant);
    let purged = rows.write(move |tx| async move {
        let before = tx.now().plus_seconds(-KEPT_SECONDS).micros();
        execute(&tx, "DELETE FROM tickets WHERE closed_at < $1", before.into()).await
    });
    purged.await
}

async fn execute(tx: &Tx, sql: &str, value: Value) -> Result<u64, StoreError> {
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [value]);
    Ok(tx.execute_raw(statement).await?.rows_affected())
}
