//! The row of a saga, read and written by whoever drives it.

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{EngineKind, Rows, StoreError, Tx};
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value};
use serde_json::{Map, Value as Json, json};

use crate::jobs::{JobError, text_of};

/// What of a saga's history is kept.
const HISTORY_KEPT: usize = 100;
const ENDED_KEPT_SECONDS: i64 = 30 * 24 * 60 * 60;

#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) tenant: Uuid,
    pub(super) name: String,
    pub(super) state: String,
    pub(super) step: i64,
    pub(super) attempts: u32,
    pub(super) input: Json,
    pub(super) kept: Map<String, Json>,
    pub(super) history: Vec<Json>,
    pub(super) compensate_asked: bool,
    pub(super) backwards: bool,
    pub(super) no_return: Option<i64>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

pub(super) const COLUMNS: &str = "id, tenant, name, state, step, attempts, input, kept, history, compensate_asked, backwards, \
    no_return, created_at, updated_at";

impl Row {
    pub(super) fn of(row: &QueryResult) -> Result<Self, DbErr> {
        let (kept, history): (Json, Json) = (row.try_get("", "kept")?, row.try_get("", "history")?);
        Ok(Self {
            id: row.try_get("", "id")?,
            tenant: row.try_get("", "tenant")?,
            name: row.try_get("", "name")?,
            state: row.try_get("", "state")?,
            step: row.try_get("", "step")?,
            attempts: u32::try_from(row.try_get::<i64>("", "attempts")?).unwrap_or(u32::MAX),
            input: row.try_get("", "input")?,
            kept: if let Json::Object(kept) = kept { kept } else { Map::new() },
            history: if let Json::Array(history) = history { history } else { Vec::new() },
            compensate_asked: row.try_get("", "compensate_asked")?,
            backwards: row.try_get("", "backwards")?,
            no_return: row.try_get("", "no_return")?,
            created_at: Timestamp::from_micros(row.try_get("", "created_at")?),
            updated_at: Timestamp::from_micros(row.try_get("", "updated_at")?),
        })
    }

    pub(super) async fn find(tx: &Tx, id: Uuid) -> Result<Option<Self>, StoreError> {
        Self::select(tx, id, "").await
    }

    /// To change it: who else wants to, waits.
    pub(super) async fn take(tx: &Tx, id: Uuid) -> Result<Option<Self>, StoreError> {
        let lock = if tx.store().kind() == EngineKind::Postgres { " FOR UPDATE" } else { "" };
        Self::select(tx, id, lock).await
    }

    async fn select(tx: &Tx, id: Uuid, lock: &str) -> Result<Option<Self>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM sagas WHERE id = $1{lock}");
        let row = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, [id.into()])).await?;
        Ok(row.as_ref().map(Self::of).transpose()?)
    }

    pub(super) fn note(&mut self, at: Timestamp, what: &str, step: &str, error: Option<&str>) {
        let mut event = json!({ "at": at, "what": what, "step": step, "attempt": self.attempts });
        if let Some(error) = error {
            event["error"] = text_of(error).into();
        }
        self.history.push(event);
        let surplus = self.history.len().saturating_sub(HISTORY_KEPT);
        self.history.drain(..surplus);
    }

    /// Writes what may change. The lease of the driving job, or the transaction of a person's act, keeps others away.
    pub(super) async fn save(&self, tx: &Tx) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE sagas SET state = $1, step = $2, attempts = $3, kept = $4, history = $5, compensate_asked = $6, \
            backwards = $7, no_return = $8, updated_at = $9, \
            unique_key = CASE WHEN $10 = 1 THEN NULL ELSE unique_key END WHERE id = $11";
        let values: [Value; 11] = [
            self.state.clone().into(),
            self.step.into(),
            i64::from(self.attempts).into(),
            Json::Object(self.kept.clone()).into(),
            Json::Array(self.history.clone()).into(),
            self.compensate_asked.into(),
            self.backwards.into(),
            self.no_return.into(),
            tx.now().micros().into(),
            i64::from(self.has_ended()).into(),
            self.id.into(),
        ];
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), SQL, values)).await?;
        Ok(())
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state.as_str(), "done" | "compensated")
    }

    /// The saga, which must be there, to change it.
    pub(super) async fn load(tx: &Tx, id: Uuid) -> Result<Self, JobError> {
        Self::take(tx, id).await?.ok_or_else(|| JobError::Fatal(format!("there is no saga {id}")))
    }
}

/// How many sagas there are that have not ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) running: u64,
    pub(crate) stuck: u64,
}

pub(crate) async fn counts(rows: &Rows) -> Result<Counts, StoreError> {
    const SQL: &str =
        "SELECT state, COUNT(*) AS number FROM sagas WHERE state IN ('running', 'compensating', 'stuck') GROUP BY state";
    rows.read(|tx| async move {
        let mut counts = Counts::default();
        for row in tx.query_all_raw(Statement::from_string(tx.get_database_backend(), SQL)).await? {
            let number = row.try_get::<i64>("", "number")?.unsigned_abs();
            match row.try_get::<String>("", "state")?.as_str() {
                "stuck" => counts.stuck = number,
                _ => counts.running += number,
            }
        }
        Ok(counts)
    })
    .await
}

/// Forgets sagas that ended long ago.
pub(crate) async fn forget(rows: &Rows) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM sagas WHERE id IN (SELECT id FROM sagas WHERE state = $1 AND updated_at < $2 LIMIT 500)";
    rows.write(|tx| async move {
        let before = tx.now().plus_seconds(-ENDED_KEPT_SECONDS).micros();
        for state in ["done", "compensated"] {
            let values = [state.into(), before.into()];
            tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), SQL, values)).await?;
        }
        Ok(())
    })
    .await
}
