//! The bounds of a queue over all processes, inside the transaction that takes jobs.

use std::collections::HashMap;
use std::time::Duration;

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{EngineKind, StoreError, Tx};
use sea_orm::{ConnectionTrait, Statement};

use super::queue::{Queue, Rate};
use super::record::execute;

/// Whether this transaction may count and take; no other one does at the same time.
pub(super) async fn alone(tx: &Tx, queue: &str) -> Result<bool, StoreError> {
    if tx.store().kind() != EngineKind::Postgres {
        // A writing transaction is the only one of its file.
        return Ok(true);
    }
    const SQL: &str = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS locked";
    let name = format!("banyan.jobs.{}.{queue}", tx.store().service());
    let row = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), SQL, [name.into()])).await?;
    Ok(row.map(|row| row.try_get("", "locked")).transpose()?.unwrap_or(false))
}

/// What a queue may still start.
pub(super) struct Bounds<'q> {
    queue: &'q Queue,
    running: HashMap<Uuid, u32>,
    /// From when on each has its whole allowance again; the queue's own stands under no tenant.
    full_at: HashMap<Uuid, i64>,
}

impl<'q> Bounds<'q> {
    pub(super) async fn read(tx: &Tx, queue: &'q Queue) -> Result<Self, StoreError> {
        const RUNNING: &str =
            "SELECT tenant, COUNT(*) AS running FROM jobs WHERE state = 'running' AND queue = $1 GROUP BY tenant";
        const RATES: &str = "SELECT tenant, full_at FROM job_rates WHERE queue = $1 AND full_at > $2";
        let mut bounds = Self { queue, running: HashMap::new(), full_at: HashMap::new() };
        let backend = tx.get_database_backend();
        if queue.running.is_some() || queue.running_per_tenant.is_some() {
            for row in tx.query_all_raw(Statement::from_sql_and_values(backend, RUNNING, [queue.name.into()])).await? {
                let running: i64 = row.try_get("", "running")?;
                bounds.running.insert(row.try_get("", "tenant")?, u32::try_from(running).unwrap_or(u32::MAX));
            }
        }
        if queue.rate.is_some() || queue.rate_per_tenant.is_some() {
            let values = [queue.name.into(), tx.now().micros().into()];
            for row in tx.query_all_raw(Statement::from_sql_and_values(backend, RATES, values)).await? {
                bounds.full_at.insert(row.try_get("", "tenant")?, row.try_get("", "full_at")?);
            }
        }
        Ok(bounds)
    }

    /// How many more of the queue may start.
    pub(super) fn of_queue(&self, now: Timestamp) -> u32 {
        let running: u32 = self.running.values().fold(0, |sum, one| sum.saturating_add(*one));
        let slots = self.queue.running.map_or(u32::MAX, |most| most.saturating_sub(running));
        slots.min(self.rate(self.queue.rate, Uuid::nil(), now))
    }

    /// How many more of a tenant may start.
    pub(super) fn of_tenant(&self, tenant: Uuid, now: Timestamp) -> u32 {
        let running = self.running.get(&tenant).copied().unwrap_or(0);
        let slots = self.queue.running_per_tenant.map_or(u32::MAX, |most| most.saturating_sub(running));
        slots.min(self.rate(self.queue.rate_per_tenant, tenant_cell(tenant), now))
    }

    fn rate(&self, rate: Option<Rate>, cell: Uuid, now: Timestamp) -> u32 {
        let Some(rate) = rate else { return u32::MAX };
        let full_at = self.full_at.get(&cell).copied().unwrap_or(0).max(now.micros());
        let left = micros(rate.per) - (full_at - now.micros());
        u32::try_from(left.max(0) / spacing(rate)).unwrap_or(u32::MAX)
    }

    /// Counts what was taken of a tenant, and writes it down.
    pub(super) async fn took(&mut self, tx: &Tx, tenant: Uuid, count: u32) -> Result<(), StoreError> {
        if count == 0 {
            return Ok(());
        }
        *self.running.entry(tenant).or_default() += count;
        if let Some(rate) = self.queue.rate {
            self.charge(tx, Uuid::nil(), rate, count).await?;
        }
        if let Some(rate) = self.queue.rate_per_tenant {
            self.charge(tx, tenant_cell(tenant), rate, count).await?;
        }
        Ok(())
    }

    async fn charge(&mut self, tx: &Tx, cell: Uuid, rate: Rate, count: u32) -> Result<(), StoreError> {
        const UPDATE: &str = "UPDATE job_rates SET full_at = $1 WHERE queue = $2 AND tenant = $3";
        const INSERT: &str = "INSERT INTO job_rates (id, queue, tenant, full_at) VALUES ($1, $2, $3, $4)";
        let full_at = self.full_at.get(&cell).copied().unwrap_or(0).max(tx.now().micros());
        let full_at = full_at.saturating_add(spacing(rate).saturating_mul(i64::from(count)));
        self.full_at.insert(cell, full_at);
        let name = self.queue.name;
        if execute(tx, UPDATE, [full_at.into(), name.into(), cell.into()]).await? == 0 {
            execute(tx, INSERT, [tx.new_id().into(), name.into(), cell.into(), full_at.into()]).await?;
        }
        Ok(())
    }
}

/// The installation's own jobs have no tenant, which names the cell of the whole queue.
fn tenant_cell(tenant: Uuid) -> Uuid {
    if tenant.is_nil() { Uuid::max() } else { tenant }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
}

/// The time that one start uses of the period.
fn spacing(rate: Rate) -> i64 {
    (micros(rate.per) / i64::from(rate.starts.max(1))).max(1)
}
