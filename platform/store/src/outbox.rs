//! Events leave in the transaction that made the change, or not at all.
//!
//! [`Tx::publish`](crate::Tx::publish) writes one row into the service's [log](crate::log). Who reads it, and what becomes of it there, is
//! no matter of the transaction that publishes.

use banyan_contracts::Event;
use banyan_kernel::Uuid;
use sea_orm::{DbBackend, Statement, Value};

use crate::error::StoreError;
use crate::tx::Tx;

/// The longest event: 256 KiB of JSON. What is larger belongs into a file, and its address into the event.
pub const LARGEST_EVENT: usize = 256 * 1024;

/// An event whose type nobody here knows: a program outside made it up. Who publishes it has checked the names.
#[derive(Clone, Debug, PartialEq)]
pub struct Untyped {
    pub id: Uuid,
    pub kind: String,
    pub version: u32,
    pub subject: String,
    pub data: serde_json::Value,
}

/// An event on its way into the log.
pub(crate) struct Publish {
    /// A new one, where it has none yet.
    id: Option<Uuid>,
    kind: String,
    version: u32,
    subject: String,
    /// JSON.
    data: String,
}

impl Publish {
    pub(crate) fn of<E: Event>(event: &E) -> Result<Self, StoreError> {
        let data = serde_json::to_string(event).map_err(|error| StoreError::Constraint(error.to_string()))?;
        Self { id: None, kind: E::TYPE.to_owned(), version: E::VERSION, subject: event.subject(), data }.checked()
    }

    pub(crate) fn untyped(event: Untyped) -> Result<Self, StoreError> {
        let Untyped { id, kind, version, subject, data } = event;
        Self { id: Some(id), kind, version, subject, data: data.to_string() }.checked()
    }

    fn checked(self) -> Result<Self, StoreError> {
        let length = self.data.len();
        if length > LARGEST_EVENT {
            let said = format!(
                "an event of {length} bytes is too long: {LARGEST_EVENT} are the most. Put its content elsewhere, and say where"
            );
            return Err(StoreError::Constraint(said));
        }
        Ok(self)
    }
}

pub(crate) async fn publish(tx: &Tx, event: Publish) -> Result<Uuid, StoreError> {
    const SQLITE: &str = "INSERT INTO outbox (id, tenant, type, version, subject, occurred_at, data, era, position) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)";
    // See `log` for why this is the order of commits.
    const POSTGRES: &str = "INSERT INTO outbox (id, tenant, type, version, subject, occurred_at, data, era, position) \
        VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb, greatest(pg_current_xact_id()::text::bigint, \
        pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1), nextval('outbox_sequence'))";
    let (backend, tenant, id, now) =
        (tx.backend(), tx.caller().tenant, event.id.unwrap_or_else(|| tx.new_id()), tx.now().micros());
    let mut values: Vec<Value> = vec![
        id.into(),
        tenant.into(),
        event.kind.into(),
        i64::from(event.version).into(),
        event.subject.into(),
        now.into(),
        event.data.into(),
    ];
    let sql = match backend {
        DbBackend::Postgres => POSTGRES,
        _ => {
            // The transaction holds the one writer, so positions are in the order of commits.
            values.push(tx.0.store.0.log.next_position().into());
            SQLITE
        }
    };
    tx.write_later(Statement::from_sql_and_values(backend, sql, values)).await?;
    tx.0.pending.published();
    Ok(id)
}
