//! What runners do for all jobs: wake those that fall due, prolong leases, take back what a process has lost.

use std::time::Duration;

use banyan_kernel::Uuid;
use banyan_store::{EngineKind, Rows, StoreError, Tx};
use sea_orm::{ConnectionTrait, Statement, Value};
use serde_json::Value as Json;

use super::job::Retries;
use super::observer::Standing;
use super::record::{execute, micros_after, with_error};
use super::take::places;

/// Jobs that are woken or taken back at a time.
const AT_A_TIME: i64 = 500;
const LOST: &str = "the process that ran it was lost";
/// Jobs that were done are shown for a day, others for 30.
const DONE_KEPT_SECONDS: i64 = 24 * 60 * 60;
const ENDED_KEPT_SECONDS: i64 = 30 * 24 * 60 * 60;

/// Whether there is something to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) ready: bool,
    pub(super) due: bool,
    pub(super) lost: bool,
    /// When the next one that waits falls due.
    pub(super) next: Option<i64>,
}

pub(super) async fn look(rows: &Rows) -> Result<Look, StoreError> {
    const SQL: &str = "SELECT \
        CAST(CASE WHEN EXISTS (SELECT 1 FROM jobs WHERE state = 'ready') THEN 1 ELSE 0 END AS bigint) AS ready, \
        CAST(CASE WHEN EXISTS (SELECT 1 FROM jobs WHERE state = 'waiting' AND due_at <= $1) THEN 1 ELSE 0 END AS bigint) AS due, \
        CAST(CASE WHEN EXISTS (SELECT 1 FROM jobs WHERE state = 'running' AND leased_until < $1) THEN 1 ELSE 0 END AS bigint) AS lost, \
        (SELECT MIN(due_at) FROM jobs WHERE state = 'waiting') AS next";
    rows.read(|tx| async move {
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), SQL, [tx.now().micros().into()]);
        let row = tx.query_one_raw(statement).await?.ok_or_else(|| StoreError::Database("no answer".to_owned()))?;
        let is = |column| row.try_get::<i64>("", column).map(|number| number == 1);
        Ok(Look { ready: is("ready")?, due: is("due")?, lost: is("lost")?, next: row.try_get("", "next")? })
    })
    .await
}

fn lock(tx: &Tx) -> &'static str {
    if tx.store().kind() == EngineKind::Postgres { " FOR UPDATE SKIP LOCKED" } else { "" }
}

/// Makes jobs ready whose time has come.
pub(super) async fn wake(rows: &Rows) -> Result<(), StoreError> {
    rows.write(|tx| async move {
        let sql = format!(
            "UPDATE jobs SET state = 'ready' WHERE state = 'waiting' AND id IN (SELECT id FROM jobs WHERE state = 'waiting' \
             AND due_at <= $1 ORDER BY due_at LIMIT $2{})",
            lock(&tx)
        );
        execute(&tx, &sql, [tx.now().micros().into(), AT_A_TIME.into()]).await.map(drop)
    })
    .await
}

/// A job of this runner as its row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Own {
    pub(super) id: Uuid,
    pub(super) lease: Uuid,
    pub(super) cancel_asked: bool,
}

/// Prolongs the leases of a runner that still count; gives its jobs. A job that a transaction of ours holds prolongs its own.
pub(super) async fn beat(rows: &Rows, runner: Uuid, lease: Duration) -> Result<Vec<Own>, StoreError> {
    const OWN: &str = "SELECT id, lease, cancel_asked FROM jobs WHERE state = 'running' AND runner = $1";
    rows.write(move |tx| async move {
        let sql = format!(
            "UPDATE jobs SET leased_until = $1 WHERE state = 'running' AND runner = $2 AND id IN (SELECT id FROM jobs \
             WHERE state = 'running' AND runner = $2{})",
            lock(&tx)
        );
        execute(&tx, &sql, [micros_after(tx.now(), lease).into(), runner.into()]).await?;
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), OWN, [runner.into()]);
        let own = tx.query_all_raw(statement).await?;
        let own = own.iter().map(|row| {
            Ok(Own {
                id: row.try_get("", "id")?,
                lease: row.try_get("", "lease")?,
                cancel_asked: row.try_get("", "cancel_asked")?,
            })
        });
        own.collect()
    })
    .await
}

/// Takes back jobs whose lease has run out: for another attempt, or for a person where there is none left.
pub(super) async fn take_back(rows: &Rows, retries: &(dyn Fn(&str) -> Retries + Sync)) -> Result<(), StoreError> {
    const TAKE_BACK: &str = "UPDATE jobs SET state = $1, errors = $2, ended_at = $3, unique_key = CASE WHEN $1 = 'ready' \
        THEN unique_key ELSE NULL END, runner = NULL, lease = NULL, leased_until = NULL WHERE id = $4 AND state = 'running'";
    rows.write(move |tx| async move {
        let sql = format!(
            "SELECT id, kind, attempts, errors, cancel_asked FROM jobs WHERE state = 'running' AND leased_until < $1 \
             ORDER BY leased_until LIMIT $2{}",
            lock(&tx)
        );
        let (backend, now) = (tx.get_database_backend(), tx.now());
        let values = [now.micros().into(), AT_A_TIME.into()];
        for row in tx.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await? {
            let (id, kind): (Uuid, String) = (row.try_get("", "id")?, row.try_get("", "kind")?);
            let attempts = u32::try_from(row.try_get::<i64>("", "attempts")?).unwrap_or(u32::MAX);
            let errors = with_error(row.try_get::<Json>("", "errors")?, now, attempts, LOST);
            let state = match row.try_get::<bool>("", "cancel_asked")? {
                true => "cancelled",
                false if retries(&kind).are_over(attempts) => "failed",
                false => "ready",
            };
            let ended = (state != "ready").then_some(now.micros());
            tracing::warn!(job = %id, kind, attempts, state, "{LOST}");
            execute(&tx, TAKE_BACK, [state.into(), errors.into(), ended.into(), id.into()]).await?;
        }
        Ok(())
    })
    .await
}

/// Forgets jobs that ended long ago.
pub(super) async fn forget(rows: &Rows) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE state = $1 AND ended_at < $2 LIMIT $3)";
    rows.write(|tx| async move {
        for (state, kept) in [("done", DONE_KEPT_SECONDS), ("cancelled", ENDED_KEPT_SECONDS), ("failed", ENDED_KEPT_SECONDS)] {
            let before = tx.now().plus_seconds(-kept).micros();
            execute(&tx, SQL, [state.into(), before.into(), AT_A_TIME.into()]).await?;
        }
        Ok(())
    })
    .await
}

/// How the queues stand.
pub(super) async fn standing(rows: &Rows, queues: &[&'static str]) -> Result<Vec<Standing>, StoreError> {
    rows.read(move |tx| async move {
        let sql = format!(
            "SELECT queue, state, COUNT(*) AS number, MIN(due_at) AS oldest FROM jobs \
             WHERE state IN ('ready', 'waiting', 'running', 'failed') AND queue IN ({}) GROUP BY queue, state",
            places(1, queues.len())
        );
        let values = queues.iter().map(|queue| Value::from(*queue));
        let found = tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
        let mut all: Vec<Standing> = queues.iter().map(|queue| Standing::none(queue)).collect();
        for row in found {
            let (queue, state): (String, String) = (row.try_get("", "queue")?, row.try_get("", "state")?);
            let number = row.try_get::<i64>("", "number")?.unsigned_abs();
            let Some(standing) = all.iter_mut().find(|standing| standing.queue == queue) else { continue };
            match state.as_str() {
                "running" => standing.running = number,
                "failed" => standing.failed = number,
                "waiting" => standing.waiting = number,
                _ => {
                    standing.ready = number;
                    let oldest = row.try_get::<Option<i64>>("", "oldest")?;
                    standing.oldest_micros = oldest.map_or(0, |due| tx.now().micros().saturating_sub(due).max(0).unsigned_abs());
                }
            }
        }
        Ok(all)
    })
    .await
}
