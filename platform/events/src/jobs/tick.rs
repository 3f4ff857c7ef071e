//! Schedules: when each is due next stands in a row, and whoever moves it on enqueues the job in the same transaction.

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{EngineKind, Rows, StoreError, Tx};
use sea_orm::{ConnectionTrait, Statement, Value};

use super::enqueue::insert_kind;
use super::record::execute;
use super::schedule::Schedule;

/// A service's schedules as one process knows them.
pub(super) struct Ticker(Vec<(Schedule, Option<Timestamp>)>);

impl Ticker {
    pub(super) fn new(schedules: &[Schedule]) -> Self {
        Self(schedules.iter().map(|schedule| (schedule.clone(), None)).collect())
    }

    /// Enqueues what is due. Between, it costs nothing.
    pub(super) async fn tick(&mut self, rows: &Rows) -> Result<(), StoreError> {
        let now = rows.store().environment().clock.now();
        for (schedule, next) in &mut self.0 {
            if next.is_some_and(|next| next > now) {
                continue;
            }
            let schedule = &*schedule;
            *next = Some(rows.write(move |tx| async move { move_on(&tx, schedule).await }).await?);
        }
        Ok(())
    }
}

struct Row {
    id: Uuid,
    cron: String,
    zone: String,
    next_at: i64,
}

/// Enqueues the jobs of the moments that have come; gives the next one.
async fn move_on(tx: &Tx, schedule: &Schedule) -> Result<Timestamp, StoreError> {
    let now = tx.now();
    // A calendar without end has a next one; at its end there is nothing to wait for.
    let next = schedule.cron.after(now).unwrap_or(Timestamp::from_micros(i64::MAX));
    let Some(row) = find(tx, schedule.name).await? else {
        insert(tx, schedule, next).await?;
        return Ok(next);
    };
    let changed = row.cron != schedule.cron.pattern() || row.zone != schedule.cron.zone();
    if !changed && row.next_at > now.micros() {
        return Ok(Timestamp::from_micros(row.next_at));
    }
    let due = if changed { Vec::new() } else { schedule.due(Timestamp::from_micros(row.next_at), now) };
    for moment in &due {
        let key = format!("{}@{}", schedule.name, moment.micros());
        insert_kind(tx, schedule.kind, schedule.queue, (schedule.make)(*moment)).unique(key).await?;
    }
    update(tx, schedule, &row, next, due.last().copied()).await?;
    Ok(next)
}

async fn find(tx: &Tx, name: &str) -> Result<Option<Row>, StoreError> {
    let lock = if tx.store().kind() == EngineKind::Postgres { " FOR UPDATE" } else { "" };
    let sql = format!("SELECT id, cron, zone, next_at FROM job_schedules WHERE name = $1{lock}");
    let row = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, [name.into()])).await?;
    let row = row.map(|row| {
        Ok::<_, sea_orm::DbErr>(Row {
            id: row.try_get("", "id")?,
            cron: row.try_get("", "cron")?,
            zone: row.try_get("", "zone")?,
            next_at: row.try_get("", "next_at")?,
        })
    });
    Ok(row.transpose()?)
}

async fn insert(tx: &Tx, schedule: &Schedule, next: Timestamp) -> Result<(), StoreError> {
    const SQL: &str =
        "INSERT INTO job_schedules (id, name, cron, zone, next_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    let cron = &schedule.cron;
    let values: [Value; 5] =
        [tx.new_id().into(), schedule.name.into(), cron.pattern().into(), cron.zone().into(), next.micros().into()];
    execute(tx, SQL, values).await.map(drop)
}

async fn update(tx: &Tx, schedule: &Schedule, row: &Row, next: Timestamp, last: Option<Timestamp>) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE job_schedules SET cron = $1, zone = $2, next_at = $3, last_at = COALESCE($4, last_at) \
        WHERE id = $5 AND next_at = $6";
    let cron = &schedule.cron;
    let values: [Value; 6] = [
        cron.pattern().into(),
        cron.zone().into(),
        next.micros().into(),
        last.map(Timestamp::micros).into(),
        row.id.into(),
        row.next_at.into(),
    ];
    // Another process has moved it on: then the jobs are there, and ours are undone.
    if execute(tx, SQL, values).await? == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}
