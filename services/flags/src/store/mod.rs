//! The service's queries. Row security decides what is visible.

pub(crate) mod bulk;
pub(crate) mod environments;
pub(crate) mod experiments;
pub(crate) mod flags;
pub(crate) mod history;
pub(crate) mod requests;
pub(crate) mod revisions;
pub(crate) mod segments;
pub(crate) mod tokens;
pub(crate) mod usage;

use banyan_kernel::Uuid;
use banyan_store::{Store, StoreError, Tx};
use sea_orm::{ConnectionTrait, Statement, Value};

use crate::error::FlagsError;

pub(crate) async fn execute<const N: usize>(tx: &Tx, sql: &str, values: [Value; N]) -> Result<u64, StoreError> {
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    Ok(tx.execute_raw(statement).await?.rows_affected())
}

/// Deletes what has served its time: sums older than 400 days, people of experiments that have ended, and such experiments after 400 days.
///
/// # Errors
/// What the store says.
pub async fn purge(store: &Store, tenant: Uuid) -> Result<u64, FlagsError> {
    Ok(usage::purge(store, tenant).await? + experiments::purge(store, tenant).await?)
}
