//! Writing down what was sent: once for each source and id, all of a request or nothing.

use banyan_http::FieldError;
use banyan_kernel::Uuid;
use banyan_store::{Store, Tx, Untyped};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use sha2::{Digest as _, Sha256};

use crate::error::DoorError;
use crate::incoming::Incoming;
use crate::publishers;

/// For how long what was sent is known again: as long as consumers know what they have handled.
const KNOWN_MICROS: i64 = 14 * 86_400 * 1_000_000;
/// Older rows that go with each request.
const TIDIED_AT_ONCE: i64 = 200;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// Under which id it stands in the log.
    pub(crate) id: Uuid,
    pub(crate) news: News,
}

/// Whether it was sent before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    New,
    Known,
}

#[derive(FromQueryResult)]
struct Row {
    digest: String,
    stored_id: Uuid,
}

/// Writes `events` of `account` into the log of its tenant.
///
/// # Errors
/// When a type does not begin as was declared for the account, or an id was used for another event.
pub(crate) async fn accept(store: &Store, tenant: Uuid, account: Uuid, events: &[Incoming]) -> Result<Vec<Accepted>, DoorError> {
    let write = move |tx: Tx| async move {
        let prefixes = publishers::prefixes_of(&tx, account).await?;
        let mut accepted = Vec::with_capacity(events.len());
        for (at, event) in events.iter().enumerate() {
            if !prefixes.iter().any(|prefix| publishers::covers(prefix, &event.kind)) {
                let error = FieldError::new("not-yours", "events-field-type-foreign").with("prefixes", prefixes.join(", "));
                return Err(DoorError::Field { field: name("type", at, events.len()), error });
            }
            accepted.push(one(&tx, tenant, event).await?.ok_or_else(|| DoorError::Field {
                field: name("id", at, events.len()),
                error: FieldError::new("used", "events-field-id-used"),
            })?);
        }
        tidy(&tx).await?;
        Ok(accepted)
    };
    store.system(tenant).write(write).await
}

/// As the reader of the request names it.
fn name(field: &str, at: usize, count: usize) -> String {
    if count == 1 { field.to_owned() } else { format!("[{at}].{field}") }
}

/// `None` where the id stands for something else.
async fn one(tx: &Tx, tenant: Uuid, event: &Incoming) -> Result<Option<Accepted>, DoorError> {
    const INSERT: &str = "INSERT INTO received_events (id, tenant, source, event_id, digest, stored_id) VALUES ($1, $2, $3, $4, $5, $1) \
        ON CONFLICT (tenant, source, event_id) DO NOTHING";
    const FIND: &str = "SELECT digest, stored_id FROM received_events WHERE tenant = $1 AND source = $2 AND event_id = $3";
    let (id, digest) = (tx.new_id(), digest(event));
    let names = || -> Vec<Value> { vec![tenant.into(), event.source.clone().into(), event.id.clone().into()] };
    let mut values: Vec<Value> = vec![id.into()];
    values.extend(names());
    values.push(digest.clone().into());
    if tx.execute_raw(statement(tx, INSERT, values)).await?.rows_affected() == 1 {
        let (kind, subject, data) = (event.kind.clone(), event.subject.clone(), event.content.clone());
        tx.publish_untyped(Untyped { id, kind, version: event.version, subject, data }).await?;
        return Ok(Some(Accepted { id, news: News::New }));
    }
    let row = tx.query_one_raw(statement(tx, FIND, names())).await?;
    let row = row.map(|row| Row::from_query_result(&row, "")).transpose()?;
    let known = row.filter(|row| row.digest == digest);
    Ok(known.map(|row| Accepted { id: row.stored_id, news: News::Known }))
}

/// Rows of whatever tenant that nobody sends again.
async fn tidy(tx: &Tx) -> Result<(), DoorError> {
    const SQL: &str =
        "DELETE FROM received_events WHERE id IN (SELECT id FROM received_events WHERE id < $1 ORDER BY id LIMIT $2)";
    let millis = u128::from((tx.now().micros() - KNOWN_MICROS).max(0).unsigned_abs() / 1_000);
    let least = Uuid::from_u128(millis << 80);
    tx.execute_raw(statement(tx, SQL, vec![least.into(), TIDIED_AT_ONCE.into()])).await?;
    Ok(())
}

fn digest(event: &Incoming) -> String {
    let mut hash = Sha256::new();
    hash.update(event.kind.as_bytes());
    hash.update([0]);
    hash.update(event.version.to_be_bytes());
    // Keys of objects are sorted.
    hash.update(event.content.to_string().as_bytes());
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn statement(tx: &Tx, sql: &str, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(tx.get_database_backend(), sql, values)
}
