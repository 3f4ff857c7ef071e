//! Walks the chain from its first link and says where it breaks.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde::Serialize;

use super::chain::Link;
use super::heads::{SignedHead, hex};
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
    /// Hex of the last link's digest.
    pub head: String,
    /// Signed heads that the chain was compared with.
    pub heads_checked: usize,
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
    #[error(
        "audit chain of `{service}`: a record up to {position} was rewritten: it had another digest when its head was signed"
    )]
    Rewritten { service: &'static str, position: i64 },
    #[error("audit chain of `{service}`: the signature of the head at {position} is not this installation's")]
    Forged { service: &'static str, position: i64 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Verifies the whole chain of this service, over all tenants.
    ///
    /// # Errors
    /// [`VerifyError`] at the first link that does not hold.
    pub async fn verify_audit(&self) -> Result<Verification, VerifyError> {
        self.verify_audit_against(&[]).await
    }

    /// As [`Store::verify_audit`]; besides, the chain must go through every head of this service that was signed before. So a
    /// tail that was cut, or written anew, together with the chain's own head shows. Heads of other services are passed over.
    ///
    /// # Errors
    /// [`VerifyError::Forged`] for a head that this installation did not sign, [`VerifyError::Rewritten`] where the chain has
    /// another link than the head, [`VerifyError::CutOff`] where it ends before; else as [`Store::verify_audit`].
    pub async fn verify_audit_against(&self, heads: &[SignedHead]) -> Result<Verification, VerifyError> {
        let service = self.service();
        let own: Vec<&SignedHead> = heads.iter().filter(|head| head.service == service).collect();
        let mut expected = BTreeMap::new();
        for head in &own {
            let position = head.position;
            head.verify(&self.environment().cipher).map_err(|_| VerifyError::Forged { service, position })?;
            if expected.insert(position, head.head.as_str()).is_some_and(|other| other != head.head) {
                return Err(VerifyError::Rewritten { service, position });
            }
        }
        let mut walk = Walk { service, position: 0, hash: vec![0; 32], expected };
        walk.meet_head()?;
        self.walk_to_end(&mut walk).await?;
        if let Some((&expected, _)) = walk.expected.last_key_value() {
            return Err(VerifyError::CutOff { service, expected, found: walk.position });
        }
        Ok(Verification { service, records: walk.position, head: hex(&walk.hash), heads_checked: own.len() })
    }

    /// Follows the links to the chain's own head.
    async fn walk_to_end(&self, walk: &mut Walk<'_>) -> Result<(), VerifyError> {
        let service = walk.service;
        loop {
            let before = walk.position;
            loop {
                let page = self.audit_page(walk.position).await?;
                if page.is_empty() {
                    break;
                }
                page.into_iter().try_for_each(|link| walk.step(link))?;
            }
            let (expected, hash) = self.audit_head().await?;
            // Somebody may have written since the last page: then there are more links now.
            if expected > walk.position && walk.position > before {
                continue;
            }
            if expected != walk.position {
                return Err(VerifyError::CutOff { service, expected, found: walk.position });
            }
            if hash != walk.hash {
                return Err(VerifyError::Broken { service, position: walk.position });
            }
            return Ok(());
        }
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

    pub(super) async fn audit_head(&self) -> Result<(i64, Vec<u8>), StoreError> {
        let tx = self.begin_as_platform().await?;
        let statement = Statement::from_string(tx.get_database_backend(), "SELECT position, hash FROM audit_head");
        let row = tx.query_one_raw(statement).await?;
        match row {
            None => Ok((0, vec![0; 32])),
            Some(row) => Ok((row.try_get("", "position")?, row.try_get("", "hash")?)),
        }
    }
}

/// How far the chain was followed.
struct Walk<'h> {
    service: &'static str,
    position: i64,
    hash: Vec<u8>,
    /// Digests by position that the chain must still come through.
    expected: BTreeMap<i64, &'h str>,
}

impl Walk<'_> {
    fn step(&mut self, link: Link) -> Result<(), VerifyError> {
        let (service, position) = (self.service, self.position + 1);
        if link.position != position {
            return Err(VerifyError::Missing { service, position });
        }
        if link.previous_hash != self.hash {
            return Err(VerifyError::Broken { service, position });
        }
        if link.digest() != link.hash {
            return Err(VerifyError::Changed { service, position });
        }
        (self.position, self.hash) = (position, link.hash);
        self.meet_head()
    }

    fn meet_head(&mut self) -> Result<(), VerifyError> {
        match self.expected.remove(&self.position) {
            Some(head) if head != hex(&self.hash) => {
                Err(VerifyError::Rewritten { service: self.service, position: self.position })
            }
            _ => Ok(()),
        }
    }
}
