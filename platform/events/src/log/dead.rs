//! Events that could not be handled, for people: to look at, to mend, to try again, or to let go of with a reason.

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::audit::Record;
use banyan_store::{Rows, Store, StoreError, Tx};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use serde::{Deserialize, Serialize};

use super::failure::Attempt;
use super::ownership::{BELL, statement};
use crate::slice::Slice;

/// Dead letters of one answer at the most.
pub const LARGEST_PAGE: u32 = 200;

/// An event that one consumer could not handle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    pub id: Uuid,
    pub tenant: Uuid,
    pub consumer: String,
    /// The service that said it.
    pub source: String,
    pub event_id: Uuid,
    #[serde(rename = "type")]
    pub kind: String,
    pub version: i64,
    pub subject: String,
    pub occurred_at: Timestamp,
    pub dead_at: Timestamp,
    pub attempts: i64,
    /// The last ones.
    pub history: Vec<Attempt>,
    pub data: serde_json::Value,
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    tenant: Uuid,
    consumer: String,
    source: String,
    event_id: Uuid,
    r#type: String,
    version: i64,
    subject: String,
    occurred_at: i64,
    dead_at: i64,
    attempts: i64,
    history: serde_json::Value,
    data: serde_json::Value,
}

impl From<Row> for DeadLetter {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            tenant: row.tenant,
            consumer: row.consumer,
            source: row.source,
            event_id: row.event_id,
            kind: row.r#type,
            version: row.version,
            subject: row.subject,
            occurred_at: Timestamp::from_micros(row.occurred_at),
            dead_at: Timestamp::from_micros(row.dead_at),
            attempts: row.attempts,
            history: serde_json::from_value(row.history).unwrap_or_default(),
            data: row.data,
        }
    }
}

/// Which dead letters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Of one tenant; of all where there is none.
    pub tenant: Option<Uuid>,
    pub consumer: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub subject: Option<String>,
}

/// What is done to a dead letter.
#[derive(Clone, Debug, PartialEq)]
pub enum Mend {
    /// Tried again soon, from the first attempt on.
    Redrive,
    /// Other data, for the next attempts.
    Edit(serde_json::Value),
    /// Never handled, for this reason.
    Drop(String),
}

/// The dead letters of a service's consumers.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    store: Store,
}

impl DeadLetters {
    pub fn of(store: &Store) -> Self {
        Self { store: store.clone() }
    }

    /// The service's own eyes: rows of all tenants, so that the filter is what keeps them apart.
    fn rows(&self, tenant: Option<Uuid>) -> Rows {
        self.store.system(tenant.unwrap_or(Uuid::nil()))
    }

    /// At most `limit` (and [`LARGEST_PAGE`]) of them with ids after `after`, in order of id.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn list(&self, filter: &Filter, after: Option<Uuid>, limit: u32) -> Result<Vec<DeadLetter>, StoreError> {
        let (condition, mut values) = condition(filter);
        values.push(after.unwrap_or(Uuid::nil()).into());
        let after_at = values.len();
        values.push(i64::from(limit.min(LARGEST_PAGE)).into());
        let sql = &format!(
            "SELECT {COLUMNS} FROM parked_events WHERE {condition} AND id > ${after_at} ORDER BY id LIMIT ${}",
            after_at + 1
        );
        let values = &values;
        let read = move |tx: Tx| async move {
            let rows = tx.query_all_raw(statement(&tx, sql, values.clone())).await?;
            rows.iter().map(|row| Row::from_query_result(row, "").map(DeadLetter::from).map_err(StoreError::from)).collect()
        };
        self.rows(filter.tenant).read(read).await
    }

    /// Some of them by their place in the list.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn page(&self, filter: &Filter, slice: Slice) -> Result<Vec<DeadLetter>, StoreError> {
        let (condition, values) = condition(filter);
        let sql = &format!("SELECT {COLUMNS} FROM parked_events WHERE {condition}{}", slice.sql("dead_at"));
        let values = &values;
        let read = move |tx: Tx| async move {
            let rows = tx.query_all_raw(statement(&tx, sql, values.clone())).await?;
            rows.iter().map(|row| Row::from_query_result(row, "").map(DeadLetter::from).map_err(StoreError::from)).collect()
        };
        self.rows(filter.tenant).read(read).await
    }

    /// Has as many of them tried again as there are, up to `most`, each audited with `reason`; says how many.
    ///
    /// # Errors
    /// What the engine says. Those before it are on their way.
    pub async fn redrive_all(&self, filter: &Filter, most: usize, by: Option<Uuid>, reason: &str) -> Result<usize, StoreError> {
        let (mut driven, mut after) = (0, None);
        while driven < most {
            let letters = self.list(filter, after, LARGEST_PAGE).await?;
            let Some(last) = letters.last() else { break };
            after = Some(last.id);
            for letter in letters.iter().take(most - driven) {
                driven += usize::from(self.mend(filter.tenant, letter.id, &Mend::Redrive, by, reason).await?.is_some());
            }
        }
        Ok(driven)
    }

    /// How many there are.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        #[derive(FromQueryResult)]
        struct Number {
            count: i64,
        }
        let (condition, values) = condition(filter);
        let (sql, values) = (&format!("SELECT COUNT(*) AS count FROM parked_events WHERE {condition}"), &values);
        let read = move |tx: Tx| async move {
            let row = tx.query_one_raw(statement(&tx, sql, values.clone())).await?;
            let number = row.map(|row| Number::from_query_result(&row, "")).transpose()?;
            Ok::<_, StoreError>(number.map_or(0, |number| number.count.unsigned_abs()))
        };
        self.rows(filter.tenant).read(read).await
    }

    /// One of them; of `tenant` where one is given.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn get(&self, tenant: Option<Uuid>, id: Uuid) -> Result<Option<DeadLetter>, StoreError> {
        self.rows(tenant).read(move |tx| async move { find(&tx, tenant, id).await }).await
    }

    /// Does something to a dead letter, audited with `reason`, in the name of `by` where it is a person; gives it as it was, or nothing
    /// where there is none.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn mend(
        &self,
        tenant: Option<Uuid>,
        id: Uuid,
        mend: &Mend,
        by: Option<Uuid>,
        reason: &str,
    ) -> Result<Option<DeadLetter>, StoreError> {
        let Some(found) = self.get(tenant, id).await? else { return Ok(None) };
        let write = move |tx: Tx| async move {
            let Some(letter) = find(&tx, tenant, id).await? else { return Ok(None) };
            apply(&tx, &letter, mend).await?;
            tx.audit(record(&letter, mend, by, reason));
            Ok::<_, StoreError>(Some(letter))
        };
        let mended = self.store.system(found.tenant).write(write).await?;
        if mended.is_some() && *mend == Mend::Redrive {
            self.store.log().wake();
        }
        Ok(mended)
    }
}

const COLUMNS: &str =
    "id, tenant, consumer, source, event_id, type, version, subject, occurred_at, dead_at, attempts, history, data";

fn condition(filter: &Filter) -> (String, Vec<Value>) {
    let mut condition = "dead_at IS NOT NULL".to_owned();
    let mut values: Vec<Value> = Vec::new();
    let mut and = |column: &str, value: Option<Value>| {
        if let Some(value) = value {
            values.push(value);
            condition.push_str(&format!(" AND {column} = ${}", values.len()));
        }
    };
    and("tenant", filter.tenant.map(Value::from));
    and("consumer", filter.consumer.clone().map(Value::from));
    and("type", filter.kind.clone().map(Value::from));
    and("subject", filter.subject.clone().map(Value::from));
    (condition, values)
}

async fn find(tx: &Tx, tenant: Option<Uuid>, id: Uuid) -> Result<Option<DeadLetter>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM parked_events WHERE id = $1 AND dead_at IS NOT NULL");
    let row = tx.query_one_raw(statement(tx, &sql, vec![id.into()])).await?;
    let letter = row.map(|row| Row::from_query_result(&row, "").map(DeadLetter::from)).transpose()?;
    Ok(letter.filter(|letter| tenant.is_none_or(|tenant| tenant == letter.tenant)))
}

async fn apply(tx: &Tx, letter: &DeadLetter, mend: &Mend) -> Result<(), StoreError> {
    const REDRIVE: &str =
        "UPDATE parked_events SET dead_at = NULL, attempts = 0, due_at = $1 WHERE id = $2 AND dead_at IS NOT NULL";
    const EDIT: &str = "UPDATE parked_events SET data = $1 WHERE id = $2 AND dead_at IS NOT NULL";
    const DROP: &str = "DELETE FROM parked_events WHERE id = $1 AND dead_at IS NOT NULL";
    let (sql, values): (_, Vec<Value>) = match mend {
        Mend::Redrive => (REDRIVE, vec![tx.now().micros().into(), letter.id.into()]),
        Mend::Edit(data) => (EDIT, vec![data.clone().into(), letter.id.into()]),
        Mend::Drop(_) => (DROP, vec![letter.id.into()]),
    };
    tx.execute_raw(statement(tx, sql, values)).await?;
    tx.ring(BELL);
    Ok(())
}

/// What was changed stands in the record, as far as it was not personal: the old data's digest would say nothing to anybody, the data
/// itself too much.
fn record(letter: &DeadLetter, mend: &Mend, by: Option<Uuid>, reason: &str) -> Record {
    let action = match mend {
        Mend::Redrive => "dead-letter.redriven",
        Mend::Edit(_) => "dead-letter.edited",
        Mend::Drop(_) => "dead-letter.dropped",
    };
    Record::new(action).detail(serde_json::json!({
        "deadLetter": letter.id,
        "event": letter.event_id,
        "type": letter.kind,
        "consumer": letter.consumer,
        "by": by,
        "reason": reason,
    }))
}
