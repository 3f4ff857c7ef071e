use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{StoreError, Tx};
use sea_orm::{ConnectionTrait, Statement, Value};

use super::job::{Job, Priority};
use super::record::micros_after;

/// Rung after a commit that left work.
pub(super) const BELL: &str = "jobs";
/// The longest kind and unique key, in bytes.
pub(super) const LONGEST_NAME: usize = 200;
/// The largest job, in bytes of JSON: what is large belongs into a table, the job says where.
const LARGEST: usize = 64 * 1024;

/// Asks for work when `tx` commits, and only then. Await it to write it:
/// `enqueue(&tx, &job).delay(…).priority(…).unique("…").await?`.
pub fn enqueue<'a, J: Job>(tx: &'a Tx, job: &J) -> Enqueue<'a> {
    let payload = serde_json::to_value(job).map_err(|error| StoreError::Constraint(format!("{}: {error}", J::KIND)));
    insert_kind(tx, J::KIND, J::QUEUE, payload)
}

/// As [`enqueue`], for a kind that is not a type of its own.
pub(crate) fn insert_kind<'a>(
    tx: &'a Tx,
    kind: &'static str,
    queue: &'static str,
    payload: Result<serde_json::Value, StoreError>,
) -> Enqueue<'a> {
    Enqueue { tx, kind, queue, payload, delay: Duration::ZERO, priority: Priority::Normal, unique: None }
}

/// A job on its way into the queue.
#[must_use = "it is written when it is awaited"]
pub struct Enqueue<'a> {
    tx: &'a Tx,
    kind: &'static str,
    queue: &'static str,
    payload: Result<serde_json::Value, StoreError>,
    delay: Duration,
    priority: Priority,
    unique: Option<String>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// It will be done; this is its id.
    New(Uuid),
    /// One of the same kind, tenant and unique key is there and not ended: it will be done, this one not besides.
    AlreadyThere,
}

impl Enqueue<'_> {
    /// Not before this time has passed.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// At most one job of this kind and key is there in a tenant until it has ended. At most 200 bytes.
    pub fn unique(mut self, key: impl Into<String>) -> Self {
        self.unique = Some(key.into());
        self
    }

    async fn write(self) -> Result<Enqueued, StoreError> {
        const SQL: &str = "INSERT INTO jobs (id, tenant, kind, queue, payload, state, priority, due_at, created_at, attempts, \
            errors, cancel_asked, unique_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12) ON CONFLICT DO NOTHING";
        let payload = self.payload?;
        check(self.kind, &payload, self.unique.as_deref())?;
        let (tx, now) = (self.tx, self.tx.now());
        let id = tx.new_id();
        let state = if self.delay.is_zero() { "ready" } else { "waiting" };
        let values: [Value; 12] = [
            id.into(),
            tx.caller().tenant.into(),
            self.kind.into(),
            self.queue.into(),
            payload.into(),
            state.into(),
            (self.priority as i64).into(),
            micros_after(now, self.delay).into(),
            now.micros().into(),
            serde_json::json!([]).into(),
            false.into(),
            self.unique.into(),
        ];
        let written = tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), SQL, values)).await?;
        if written.rows_affected() == 0 {
            return Ok(Enqueued::AlreadyThere);
        }
        tx.ring(BELL);
        Ok(Enqueued::New(id))
    }
}

impl<'a> IntoFuture for Enqueue<'a> {
    type Output = Result<Enqueued, StoreError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.write())
    }
}

/// When a job that has not begun is due, by its unique key. In the sight of the service itself ([`banyan_store::Store::system`]).
///
/// # Errors
/// What the engine says.
pub async fn find_waiting<J: Job>(tx: &Tx, unique: &str) -> Result<Option<Timestamp>, StoreError> {
    const SQL: &str =
        "SELECT due_at FROM jobs WHERE tenant = $1 AND kind = $2 AND unique_key = $3 AND state IN ('waiting', 'ready')";
    let values: [Value; 3] = [tx.caller().tenant.into(), J::KIND.into(), unique.into()];
    let row = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), SQL, values)).await?;
    Ok(row.map(|row| row.try_get("", "due_at").map(Timestamp::from_micros)).transpose()?)
}

/// Takes a job back that has not begun, by its unique key; false where there is none. In the sight of the service itself.
///
/// # Errors
/// What the engine says.
pub async fn withdraw<J: Job>(tx: &Tx, unique: &str) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE jobs SET state = 'cancelled', ended_at = $1, unique_key = NULL \
        WHERE tenant = $2 AND kind = $3 AND unique_key = $4 AND state IN ('waiting', 'ready')";
    let values: [Value; 4] = [tx.now().micros().into(), tx.caller().tenant.into(), J::KIND.into(), unique.into()];
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), SQL, values);
    Ok(tx.execute_raw(statement).await?.rows_affected() > 0)
}

/// Lets a job of this unique key see what `tx` writes, if one is there and has not ended: one that waits is due after `delay` at the latest,
/// and one that runs cannot end before `tx` has. False where there is none: then [`enqueue`] one. In the sight of the service itself.
///
/// # Errors
/// What the engine says.
pub async fn nudge<J: Job>(tx: &Tx, unique: &str, delay: Duration) -> Result<bool, StoreError> {
    const LATER: &str = "UPDATE jobs SET due_at = CASE WHEN state = 'waiting' AND due_at > $1 THEN $1 ELSE due_at END \
        WHERE tenant = $2 AND kind = $3 AND unique_key = $4 AND state IN ('waiting', 'ready', 'running')";
    const NOW: &str = "UPDATE jobs SET due_at = CASE WHEN state = 'waiting' AND due_at > $1 THEN $1 ELSE due_at END, \
        state = CASE WHEN state = 'waiting' THEN 'ready' ELSE state END \
        WHERE tenant = $2 AND kind = $3 AND unique_key = $4 AND state IN ('waiting', 'ready', 'running')";
    let due_at = micros_after(tx.now(), delay);
    let values: [Value; 4] = [due_at.into(), tx.caller().tenant.into(), J::KIND.into(), unique.into()];
    let sql = if delay.is_zero() { NOW } else { LATER };
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    let found = tx.execute_raw(statement).await?.rows_affected() > 0;
    if found {
        tx.ring(BELL);
    }
    Ok(found)
}

fn check(kind: &str, payload: &serde_json::Value, unique: Option<&str>) -> Result<(), StoreError> {
    let refuse = |what: String| Err(StoreError::Constraint(what));
    if unique.is_some_and(|key| key.is_empty() || key.len() > LONGEST_NAME || key.contains('\0')) {
        return refuse(format!("the unique key of a job `{kind}` must have 1 to {LONGEST_NAME} bytes and no NUL"));
    }
    let size = payload.to_string().len();
    if size > LARGEST {
        return refuse(format!(
            "a job `{kind}` of {size} bytes is too large: at most {LARGEST}; store what it is about and say where"
        ));
    }
    Ok(())
}
