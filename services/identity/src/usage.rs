//! Keeping what the front door has counted.

use std::collections::BTreeMap;

use banyan_contracts::usage::{UsageCounts, UsageRow};
use banyan_kernel::Uuid;
use banyan_store::Tx;

use crate::store::usage::{self, UNIQUE_INDEX, UsageFilter};
use crate::{Identity, IdentityError};

/// Rows of one transaction: it holds the writer of the embedded engine for some milliseconds.
const AT_ONCE: usize = 100;
/// How often it is tried when another node makes the same row at the same time.
const ATTEMPTS: usize = 3;

impl Identity {
    /// Adds to what was counted before. Gives the rows back that could not be kept.
    pub async fn keep_usage(&self, rows: Vec<UsageRow>) -> Result<(), (IdentityError, Vec<UsageRow>)> {
        let mut tenants: BTreeMap<Uuid, Vec<UsageRow>> = BTreeMap::new();
        for row in rows {
            // What was counted for nobody, or for a tenant that is gone, has no reader.
            if self.tenant(row.tenant).is_some() {
                tenants.entry(row.tenant).or_default().push(row);
            }
        }
        let mut failed = Vec::new();
        let mut reason = None;
        for (tenant, rows) in tenants {
            for some in rows.chunks(AT_ONCE) {
                if let Err(error) = self.keep_some(tenant, some).await {
                    failed.extend_from_slice(some);
                    reason = Some(error);
                }
            }
        }
        reason.map_or(Ok(()), |error| Err((error, failed)))
    }

    /// What the tenant has asked, added up.
    pub(crate) async fn tenant_usage(&self, tenant: Uuid, filter: &UsageFilter) -> Result<UsageCounts, IdentityError> {
        let read = move |tx: Tx| async move { usage::sums(&tx, filter, &[], 1).await };
        let sums = self.own(tenant).read(read).await?;
        Ok(sums.first().map(|sum| sum.counts).unwrap_or_default())
    }

    async fn keep_some(&self, tenant: Uuid, rows: &[UsageRow]) -> Result<(), IdentityError> {
        let mut attempt = 1;
        loop {
            let write = move |tx: Tx| async move {
                for row in rows {
                    usage::add(&tx, row).await?;
                }
                Ok::<_, IdentityError>(())
            };
            match self.own(tenant).write(write).await {
                Err(IdentityError::Store(error)) if error.is_unique(UNIQUE_INDEX) && attempt < ATTEMPTS => attempt += 1,
                done => return done,
            }
        }
    }
}
