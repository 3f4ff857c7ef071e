//! Taking jobs that are due: tenants in turn.

use std::time::Duration;

use banyan_kernel::Uuid;
use banyan_store::{EngineKind, Rows, StoreError, Tx};
use sea_orm::{ConnectionTrait, QueryResult, Statement, Value};

use super::limits::{Bounds, alone};
use super::queue::Queue;
use super::record::{Taken, execute, micros_after};

/// Tenants that are looked at in one turn: where most of them are at their bound, the rest waits for the next one.
const MOST_TENANTS: usize = 64;

/// What a runner asks for.
#[derive(Clone, Copy)]
pub(super) struct Wish<'w> {
    pub(super) queue: &'w Queue,
    pub(super) kinds: &'w [&'static str],
    pub(super) count: u32,
    /// The tenant that had the last turn.
    pub(super) after: Uuid,
    pub(super) runner: Uuid,
    pub(super) lease: Duration,
}

/// Takes up to so many jobs; and says which tenant had the last turn.
pub(super) async fn take(rows: &Rows, wish: Wish<'_>) -> Result<(Vec<Taken>, Uuid), StoreError> {
    rows.write(move |tx| async move { take_in(&tx, &wish).await }).await
}

async fn take_in(tx: &Tx, wish: &Wish<'_>) -> Result<(Vec<Taken>, Uuid), StoreError> {
    let nothing = (Vec::new(), wish.after);
    if wish.queue.is_bounded() && !alone(tx, wish.queue.name).await? {
        return Ok(nothing);
    }
    let mut bounds = Bounds::read(tx, wish.queue).await?;
    let mut left = wish.count.min(bounds.of_queue(tx.now()));
    let tenants = tenants(tx, wish, &bounds, left).await?;
    let lease = tx.new_id();
    let (mut taken, mut last) = (Vec::new(), wish.after);
    let count = tenants.len();
    for (turn, tenant) in tenants.into_iter().enumerate() {
        let others = u32::try_from(count - turn).unwrap_or(u32::MAX);
        let share = left.div_ceil(others).min(bounds.of_tenant(tenant, tx.now()));
        if share == 0 {
            continue;
        }
        let found = pick(tx, wish, tenant, share, lease).await?;
        let number = u32::try_from(found.len()).unwrap_or(u32::MAX);
        bounds.took(tx, tenant, number).await?;
        left = left.saturating_sub(number);
        if number > 0 {
            last = tenant;
        }
        taken.extend(found);
    }
    mark(tx, wish, lease, &taken).await?;
    Ok((taken, last))
}

/// The next tenants with work, beginning after the one that had the last turn. Each step is one look into the index, however much work a
/// tenant has.
async fn tenants(tx: &Tx, wish: &Wish<'_>, bounds: &Bounds<'_>, most: u32) -> Result<Vec<Uuid>, StoreError> {
    let mut found: Vec<Uuid> = Vec::new();
    let (mut after, mut wrapped) = (wish.after, false);
    for _ in 0..MOST_TENANTS {
        if found.len() >= most as usize {
            break;
        }
        match next_tenant(tx, wish.queue.name, after).await? {
            Some(tenant) if wrapped && tenant > wish.after => break,
            Some(tenant) => {
                if bounds.of_tenant(tenant, tx.now()) > 0 {
                    found.push(tenant);
                }
                after = tenant;
            }
            None if wrapped => break,
            None => {
                wrapped = true;
                // The installation's own jobs have no tenant, so they come before all of them.
                if let Some(first) = first_tenant(tx, wish.queue.name).await?.filter(|first| *first <= wish.after) {
                    if bounds.of_tenant(first, tx.now()) > 0 {
                        found.push(first);
                    }
                    after = first;
                } else {
                    break;
                }
            }
        }
    }
    Ok(found)
}

async fn next_tenant(tx: &Tx, queue: &str, after: Uuid) -> Result<Option<Uuid>, StoreError> {
    const SQL: &str = "SELECT tenant FROM jobs WHERE state = 'ready' AND queue = $1 AND tenant > $2 ORDER BY tenant LIMIT 1";
    tenant_of(tx, SQL, vec![queue.into(), after.into()]).await
}

async fn first_tenant(tx: &Tx, queue: &str) -> Result<Option<Uuid>, StoreError> {
    const SQL: &str = "SELECT tenant FROM jobs WHERE state = 'ready' AND queue = $1 ORDER BY tenant LIMIT 1";
    tenant_of(tx, SQL, vec![queue.into()]).await
}

async fn tenant_of(tx: &Tx, sql: &str, values: Vec<Value>) -> Result<Option<Uuid>, StoreError> {
    let row = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    Ok(row.map(|row| row.try_get("", "tenant")).transpose()?)
}

/// A tenant's next jobs. Another process that looks at the same time passes over those that this one holds.
async fn pick(tx: &Tx, wish: &Wish<'_>, tenant: Uuid, count: u32, lease: Uuid) -> Result<Vec<Taken>, StoreError> {
    let kinds = places(4, wish.kinds.len());
    let lock = if tx.store().kind() == EngineKind::Postgres { " FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "SELECT id, tenant, kind, payload, attempts FROM jobs WHERE state = 'ready' AND queue = $1 AND tenant = $2 \
         AND kind IN ({kinds}) ORDER BY priority, due_at, id LIMIT $3{lock}"
    );
    let mut values: Vec<Value> = vec![wish.queue.name.into(), tenant.into(), i64::from(count).into()];
    values.extend(wish.kinds.iter().map(|kind| Value::from(*kind)));
    let rows = tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    rows.iter().map(|row| taken_of(row, lease)).collect()
}

pub(super) fn taken_of(row: &QueryResult, lease: Uuid) -> Result<Taken, StoreError> {
    let attempts: i64 = row.try_get("", "attempts")?;
    Ok(Taken {
        id: row.try_get("", "id")?,
        tenant: row.try_get("", "tenant")?,
        kind: row.try_get("", "kind")?,
        payload: row.try_get("", "payload")?,
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        lease,
    })
}

async fn mark(tx: &Tx, wish: &Wish<'_>, lease: Uuid, taken: &[Taken]) -> Result<(), StoreError> {
    if taken.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "UPDATE jobs SET state = 'running', attempts = attempts + 1, runner = $1, lease = $2, leased_until = $3, started_at = $4, \
         percent = NULL, message = NULL WHERE state = 'ready' AND id IN ({})",
        places(5, taken.len())
    );
    let until = micros_after(tx.now(), wish.lease);
    let mut values: Vec<Value> = vec![wish.runner.into(), lease.into(), until.into(), tx.now().micros().into()];
    values.extend(taken.iter().map(|taken| Value::from(taken.id)));
    let changed = execute(tx, &sql, values).await?;
    if changed == taken.len() as u64 { Ok(()) } else { Err(StoreError::Conflict) }
}

/// `$4, $5, …`
pub(super) fn places(first: usize, count: usize) -> String {
    (first..first + count).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}
