//! A person lets another (a coach, say) read chosen kinds of her rows in this service, and takes it back. The policies
//! ([`Rule::Granted`](crate::Rule::Granted)) look here at every statement, so that a revocation holds from the next read on.

use banyan_kernel::{Timestamp, Uuid};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};

use crate::audit::Record;
use crate::error::StoreError;
use crate::tx::Tx;

/// One grant.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Grant {
    pub id: Uuid,
    pub owner_id: Uuid,
    pub grantee_id: Uuid,
    pub kind: String,
    created_at: i64,
    revoked_at: Option<i64>,
}

impl Grant {
    pub fn created_at(&self) -> Timestamp {
        Timestamp::from_micros(self.created_at)
    }

    pub fn revoked_at(&self) -> Option<Timestamp> {
        self.revoked_at.map(Timestamp::from_micros)
    }
}

/// The caller, as owner, lets `grantee` read rows of `kind`. Granting twice is the same as once.
///
/// # Errors
/// [`StoreError::RowSecurity`] when the caller is not `owner`.
pub async fn grant(tx: &Tx, owner: Uuid, grantee: Uuid, kind: &str) -> Result<(), StoreError> {
    const EXISTS: &str = "SELECT id FROM grants WHERE owner_id = $1 AND grantee_id = $2 AND kind = $3 AND revoked_at IS NULL";
    const INSERT: &str =
        "INSERT INTO grants (tenant_id, id, owner_id, grantee_id, kind, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    let backend = tx.get_database_backend();
    let same: [Value; 3] = [owner.into(), grantee.into(), kind.into()];
    if tx.query_one_raw(Statement::from_sql_and_values(backend, EXISTS, same)).await?.is_some() {
        return Ok(());
    }
    let values: [Value; 6] =
        [tx.caller().tenant.into(), tx.new_id().into(), owner.into(), grantee.into(), kind.into(), tx.now().micros().into()];
    tx.execute_raw(Statement::from_sql_and_values(backend, INSERT, values)).await?;
    tx.audit(Record::new("grant.given").subject(owner).object("user", grantee).detail(serde_json::json!({ "kind": kind })));
    Ok(())
}

/// Takes a grant back; says whether there was one.
///
/// # Errors
/// What the engine says.
pub async fn revoke(tx: &Tx, owner: Uuid, grantee: Uuid, kind: &str) -> Result<bool, StoreError> {
    const SQL: &str =
        "UPDATE grants SET revoked_at = $1 WHERE owner_id = $2 AND grantee_id = $3 AND kind = $4 AND revoked_at IS NULL";
    let values: [Value; 4] = [tx.now().micros().into(), owner.into(), grantee.into(), kind.into()];
    let changed = tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), SQL, values)).await?.rows_affected();
    if changed > 0 {
        tx.audit(Record::new("grant.revoked").subject(owner).object("user", grantee).detail(serde_json::json!({ "kind": kind })));
    }
    Ok(changed > 0)
}

/// Erases all grants that name the person, given or received. For the service itself.
///
/// # Errors
/// What the engine says.
pub async fn erase(tx: &Tx, person: Uuid) -> Result<(), StoreError> {
    for sql in ["DELETE FROM grants WHERE owner_id = $1", "DELETE FROM grants WHERE grantee_id = $1"] {
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, [person.into()])).await?;
    }
    Ok(())
}

/// The grants that stand, given or received by the caller, newest first; at most 1,000.
///
/// # Errors
/// What the engine says.
pub async fn list(tx: &Tx) -> Result<Vec<Grant>, StoreError> {
    const SQL: &str = "SELECT id, owner_id, grantee_id, kind, created_at, revoked_at FROM grants \
        WHERE revoked_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 1000";
    let rows = tx.query_all_raw(Statement::from_string(tx.get_database_backend(), SQL)).await?;
    rows.iter().map(|row| Grant::from_query_result(row, "").map_err(StoreError::from)).collect()
}
