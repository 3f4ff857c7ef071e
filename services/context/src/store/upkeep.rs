//! What goes: what is an erased person's, and what is old.

use banyan_contracts::context::SessionDeleted;
use banyan_kernel::Uuid;
use banyan_store::{Store, StoreError, Tx};
use sea_orm::{ConnectionTrait, Statement, Value};

use super::execute;
use crate::error::ContextError;
use crate::store::suggestions;

/// How long a deleted item can be brought back: 30 days.
const RESTORABLE_SECONDS: i64 = 30 * 86_400;
/// How long a session remembers what happened: half a year.
const REMEMBERED_SECONDS: i64 = 182 * 86_400;

/// All that is a person's: their sessions with everything in them, and their part in those of others, where their name goes from what stays.
pub(crate) async fn erase(tx: &Tx, user: Uuid) -> Result<(), StoreError> {
    const STATEMENTS: [&str; 13] = [
        "DELETE FROM rooms WHERE owner_id = $1",
        "DELETE FROM participants WHERE user_id = $1",
        "DELETE FROM seats WHERE user_id = $1",
        "DELETE FROM preferences WHERE user_id = $1",
        "DELETE FROM tastes WHERE user_id = $1",
        "DELETE FROM runs WHERE user_id = $1",
        "UPDATE items SET created_by = NULL WHERE created_by = $1",
        "UPDATE items SET updated_by = NULL WHERE updated_by = $1",
        "UPDATE item_versions SET author_id = NULL WHERE author_id = $1",
        "UPDATE changes SET actor_id = NULL WHERE actor_id = $1",
        // As somebody who came, left, or was let in.
        "UPDATE changes SET object_id = NULL WHERE object_id = $1",
        "UPDATE suggestions SET answered_by = NULL WHERE answered_by = $1",
        // After the items: the engine counts for whoever stands there.
        "DELETE FROM habits WHERE user_id = $1",
    ];
    const OWN: &str = "SELECT id FROM rooms WHERE owner_id = $1";
    let own = tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), OWN, [user.into()])).await?;
    for room in own {
        tx.publish(&SessionDeleted { session_id: room.try_get("", "id")? }).await?;
    }
    for sql in STATEMENTS {
        execute(tx, sql, [user.into()]).await?;
    }
    Ok(())
}

/// Removes what was deleted or happened long ago in a tenant; says how much. Safe to run at any time and twice.
///
/// # Errors
/// What the store answers.
pub async fn purge(store: &Store, tenant: Uuid) -> Result<u64, ContextError> {
    store
        .system(tenant)
        .write(|tx| async move {
            let now = tx.now();
            let before = |seconds: i64| Value::from(now.plus_seconds(-seconds).micros());
            let mut gone = execute(&tx, "DELETE FROM items WHERE deleted_at < $1", [before(RESTORABLE_SECONDS)]).await?;
            gone += execute(&tx, "DELETE FROM changes WHERE created_at < $1", [before(REMEMBERED_SECONDS)]).await?;
            gone += execute(&tx, "DELETE FROM runs WHERE created_at < $1", [before(RESTORABLE_SECONDS)]).await?;
            execute(
                &tx,
                "UPDATE suggestions SET state = 'expired' WHERE state = 'open' AND expires_at < $1",
                [now.micros().into()],
            )
            .await?;
            for session in crowded(&tx).await? {
                suggestions::trim(&tx, session).await?;
            }
            Ok(gone)
        })
        .await
}

/// Sessions with more suggestions than are kept.
async fn crowded(tx: &Tx) -> Result<Vec<Uuid>, ContextError> {
    const SQL: &str = "SELECT session_id FROM suggestions WHERE state <> 'open' GROUP BY session_id HAVING COUNT(*) > 500";
    let rows = tx.query_all_raw(Statement::from_string(tx.get_database_backend(), SQL)).await?;
    Ok(rows.iter().map(|row| row.try_get("", "session_id")).collect::<Result<_, _>>()?)
}
