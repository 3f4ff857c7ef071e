//! The queries of the service.

pub(crate) mod features;
pub(crate) mod items;
pub(crate) mod participants;
pub(crate) mod patterns;
pub(crate) mod preferences;
pub(crate) mod runs;
pub(crate) mod sessions;
pub(crate) mod steps;
pub(crate) mod suggestions;
pub(crate) mod tastes;
pub(crate) mod upkeep;

use banyan_store::{StoreError, Tx};
use sea_orm::{ConnectionTrait, Statement, Value};

/// Runs a statement that gives no rows; says how many it changed.
async fn execute<const N: usize>(tx: &Tx, sql: &str, values: [Value; N]) -> Result<u64, StoreError> {
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    Ok(tx.execute_raw(statement).await?.rows_affected())
}

/// The one number that a statement gives, as `number`; 0 where it gives none.
async fn number<const N: usize>(tx: &Tx, sql: &str, values: [Value; N]) -> Result<i64, StoreError> {
    let row = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    Ok(row.map(|row| row.try_get("", "number")).transpose()?.unwrap_or(0))
}
