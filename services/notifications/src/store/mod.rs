//! The queries of the service.

pub(crate) mod allowances;
pub(crate) mod deliveries;
pub(crate) mod destinations;
pub(crate) mod inbox;
pub(crate) mod make;
pub(crate) mod phones;
pub(crate) mod reached;
pub(crate) mod suppressions;
pub(crate) mod upkeep;
pub(crate) mod wishes;

use banyan_store::{StoreError, Tx};
use sea_orm::{ConnectionTrait, Statement, Value};

/// A statement of our own; says how many rows it changed.
pub(crate) async fn execute(tx: &Tx, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<u64, StoreError> {
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    Ok(tx.execute_raw(statement).await?.rows_affected())
}
