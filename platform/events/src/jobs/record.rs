//! A taken job and what is written of it. Each statement names the lease: one that is lost changes nothing.

use std::time::Duration;

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{Rows, StoreError, Tx};
use sea_orm::{ConnectionTrait, Statement, Value};
use serde_json::{Value as Json, json};

use super::error::JobError;

/// The errors of a job that are kept.
const ERRORS_KEPT: usize = 10;
/// The longest text of an error that is kept, in characters.
const LONGEST_ERROR: usize = 1_000;

/// A job that this process has taken.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) id: Uuid,
    pub(super) tenant: Uuid,
    pub(super) kind: String,
    pub(super) payload: Json,
    /// Those before this one.
    pub(super) attempts: u32,
    pub(super) lease: Uuid,
}

/// How an attempt is written down.
#[derive(Debug)]
pub(super) enum Ending {
    Done,
    /// For good.
    Failed(String),
    Again(String, Duration),
    Cancelled,
    /// The process ends; the attempt does not count.
    GivenBack,
}

pub(super) fn micros_after(now: Timestamp, pause: Duration) -> i64 {
    now.micros().saturating_add(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX))
}

pub(super) async fn execute(tx: &Tx, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<u64, StoreError> {
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    Ok(tx.execute_raw(statement).await?.rows_affected())
}

impl Taken {
    /// Holds the job for the rest of the transaction, and prolongs the lease.
    pub(super) async fn hold(&self, tx: &Tx, lease: Duration) -> Result<(), JobError> {
        const SQL: &str = "UPDATE jobs SET leased_until = $1 WHERE id = $2 AND lease = $3 AND state = 'running'";
        let until = micros_after(tx.now(), lease);
        self.must_change(execute(tx, SQL, [until.into(), self.id.into(), self.lease.into()]).await?)
    }

    /// Ends the job as done in the transaction of its effect.
    pub(super) async fn done(&self, tx: &Tx) -> Result<(), JobError> {
        const SQL: &str = "UPDATE jobs SET state = 'done', percent = 100, ended_at = $1, unique_key = NULL, runner = NULL, \
            lease = NULL, leased_until = NULL WHERE id = $2 AND lease = $3 AND state = 'running'";
        self.must_change(execute(tx, SQL, [tx.now().micros().into(), self.id.into(), self.lease.into()]).await?)
    }

    fn must_change(&self, changed: u64) -> Result<(), JobError> {
        if changed == 1 { Ok(()) } else { Err(JobError::LeaseLost) }
    }

    /// Writes down how the attempt ended.
    pub(super) async fn end(&self, rows: &Rows, ending: &Ending) -> Result<(), JobError> {
        rows.write(move |tx| async move {
            match ending {
                Ending::Done => self.done(&tx).await,
                Ending::Failed(text) => self.stop(&tx, "failed", Some(text)).await,
                Ending::Cancelled => self.stop(&tx, "cancelled", None).await,
                Ending::Again(text, pause) => self.postpone(&tx, text, *pause).await,
                Ending::GivenBack => self.give_back(&tx).await,
            }
        })
        .await
    }

    async fn stop(&self, tx: &Tx, state: &str, error: Option<&str>) -> Result<(), JobError> {
        const SQL: &str = "UPDATE jobs SET state = $1, ended_at = $2, errors = $3, unique_key = NULL, runner = NULL, lease = NULL, \
            leased_until = NULL WHERE id = $4 AND lease = $5 AND state = 'running'";
        let errors = self.errors(tx, error).await?;
        let values = [state.into(), tx.now().micros().into(), errors.into(), self.id.into(), self.lease.into()];
        self.must_change(execute(tx, SQL, values).await?)
    }

    async fn postpone(&self, tx: &Tx, error: &str, pause: Duration) -> Result<(), JobError> {
        const SQL: &str = "UPDATE jobs SET state = 'waiting', due_at = $1, errors = $2, runner = NULL, lease = NULL, \
            leased_until = NULL WHERE id = $3 AND lease = $4 AND state = 'running'";
        let errors = self.errors(tx, Some(error)).await?;
        let values = [micros_after(tx.now(), pause).into(), errors.into(), self.id.into(), self.lease.into()];
        self.must_change(execute(tx, SQL, values).await?)
    }

    async fn give_back(&self, tx: &Tx) -> Result<(), JobError> {
        const SQL: &str = "UPDATE jobs SET state = 'ready', attempts = $1, runner = NULL, lease = NULL, leased_until = NULL \
            WHERE id = $2 AND lease = $3 AND state = 'running'";
        self.must_change(execute(tx, SQL, [i64::from(self.attempts).into(), self.id.into(), self.lease.into()]).await?)
    }

    async fn errors(&self, tx: &Tx, error: Option<&str>) -> Result<Json, StoreError> {
        const SQL: &str = "SELECT errors FROM jobs WHERE id = $1";
        let row = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), SQL, [self.id.into()])).await?;
        let errors = row.map(|row| row.try_get::<Json>("", "errors")).transpose()?.unwrap_or_default();
        Ok(match error {
            Some(error) => with_error(errors, tx.now(), self.attempts + 1, error),
            None => errors,
        })
    }
}

/// The list with one more error at its end, and the oldest gone where there are too many.
pub(super) fn with_error(errors: Json, at: Timestamp, attempt: u32, error: &str) -> Json {
    let mut list = match errors {
        Json::Array(list) => list,
        _ => Vec::new(),
    };
    list.push(json!({ "at": at, "attempt": attempt, "error": text_of(error) }));
    let surplus = list.len().saturating_sub(ERRORS_KEPT);
    Json::Array(list.split_off(surplus))
}

/// Short enough to keep, and without NUL, which PostgreSQL cannot hold.
pub(crate) fn text_of(error: &str) -> String {
    error.chars().filter(|character| *character != '\0').take(LONGEST_ERROR).collect()
}
