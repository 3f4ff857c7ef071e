//! The service's queries. Row security decides what is visible.

pub(crate) mod memory;
pub(crate) mod publications;
pub(crate) mod translations;

use banyan_store::{StoreError, Tx};
use sea_orm::{ConnectionTrait, Statement, Value};

/// A statement of our own; says how many rows it changed.
pub(crate) async fn execute(tx: &Tx, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<u64, StoreError> {
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    Ok(tx.execute_raw(statement).await?.rows_affected())
}
