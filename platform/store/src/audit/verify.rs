//! Walks the chain from its first link and says where it breaks.

use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde::Serialize;

use super::chain::Link;
use crate::error::StoreError;
use crate::store::Store;

/// Links read at a time.
const PAGE: i64 = 1_000;

/// A chain that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    pub service: &'static str,
    /// Number of links.
    pub records: i64,
    /// Hex of the last link's digest; note it elsewhere, and a cut tail shows.
    pub head: String,
}

/// Where the chain does not hold.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("audit chain of `{service}`: record {position} was changed")]
    Changed { service: &'static str, position: i64 },
    #[error("audit chain of `{service}`: record {position} is missing")]
    Missing { service: &'static str, position: i64 },
    #[error("audit chain of `{service}`: record {position} does not continue the one before it")]
    Broken { service: &'static str, position: i64 },
    #[error("audit chain of `{service}`: it ends at {found}, its head says {expected}")]
    CutOff { service: &'static str, expected: i64, found: i64 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Verifies the whole chain of this service, over all tenants.
    ///
    /// # Errors
    /// [`VerifyError`] at the first link that does not hold.
    pub async fn verify_audit(&self) -> Result<Verification, VerifyError> {
        let service = self.service();
        let mut previous = vec![0_u8; 32];
        let mut position = 0;
        loop {
            let page = self.audit_page(position).await?;
            if page.is_empty() {
                break;
            }
            for link in page {
                position += 1;
                if link.position != position {
                    return Err(VerifyError::Missing { service, position });
                }
                if link.previous_hash != previous {
                    return Err(VerifyError::Broken { service, position });
                }
                if link.digest() != link.hash {
                    return Err(VerifyError::Changed { service, position });
                }
                previous = link.hash;
            }
        }
        let (expected, hash) = self.audit_head().await?;
        if expected != position {
            return Err(VerifyError::CutOff { service, expected, found: position });
        }
        if hash != previous {
            return Err(VerifyError::Broken { service, position });
        }
        Ok(Verification { service, records: position, head: hex(&previous) })
    }

    async fn audit_page(&self, after: i64) -> Result<Vec<Link>, StoreError> {
        let sql = "SELECT tenant, id, position, occurred_at, actor, actor_id, request_id, action, subject_id, object, \
                   object_id, permission, reason, detail, previous_hash, hash FROM audit \
                   WHERE position > $1 ORDER BY position LIMIT $2";
        let tx = self.begin_as_platform().await?;
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [after.into(), PAGE.into()]);
        let rows = tx.query_all_raw(statement).await?;
        rows.iter().map(|row| Link::from_query_result(row, "").map_err(StoreError::from)).collect()
    }

    async fn audit_head(&self) -> Result<(i64, Vec<u8>), StoreError> {
        let tx = self.begin_as_platform().await?;
        let statement = Statement::from_string(tx.get_database_backend(), "SELECT position, hash FROM audit_head");
        let row = tx.query_one_raw(statement).await?;
        match row {
            None => Ok((0, vec![0; 32])),
            Some(row) => Ok((row.try_get("", "position")?, row.try_get("", "hash")?)),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"))
}
