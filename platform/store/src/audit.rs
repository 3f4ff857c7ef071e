//! The audit log: who did what to whom and why. Append-only, chained by hash over the whole service.
//!
//! Records wait in the transaction and are written at its end, so that the chain's head is locked as shortly as possible.

mod chain;
mod heads;
mod verify;

use banyan_kernel::{Actor, Elevation, Uuid};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use serde_json::json;

use crate::error::StoreError;
use crate::tx::Tx;
pub(crate) use chain::Link;
pub use heads::{ForgedHead, SignedHead};
pub use verify::{Verification, VerifyError};

/// The chain's one head row.
const HEAD_ID: Uuid = Uuid::nil();

/// What is recorded besides time, actor and request, which the transaction knows.
#[derive(Clone, Debug)]
pub struct Record {
    action: String,
    subject: Option<Uuid>,
    object: Option<(String, Uuid)>,
    permission: Option<&'static str>,
    reason: Option<String>,
    detail: serde_json::Value,
}

impl Record {
    /// `action` is `<thing>.<done>`: `user.disabled`, `session.revoked`.
    pub fn new(action: impl Into<String>) -> Self {
        Self { action: action.into(), subject: None, object: None, permission: None, reason: None, detail: json!({}) }
    }

    /// Whose data or account it is about.
    #[must_use]
    pub fn subject(mut self, user: Uuid) -> Self {
        self.subject = Some(user);
        self
    }

    /// The row that it is about.
    #[must_use]
    pub fn object(mut self, kind: impl Into<String>, id: Uuid) -> Self {
        self.object = Some((kind.into(), id));
        self
    }

    /// Further facts; no secrets, no personal text.
    #[must_use]
    pub fn detail(mut self, detail: serde_json::Value) -> Self {
        self.detail = detail;
        self
    }

    pub(crate) fn elevation(elevation: &Elevation) -> Self {
        Self {
            permission: Some(elevation.permission.name()),
            reason: Some(elevation.reason.as_deref().unwrap_or("not given").to_owned()),
            ..Self::new("access.elevated")
        }
    }

    pub(crate) fn is_elevation(&self) -> bool {
        self.permission.is_some()
    }
}

impl Tx {
    /// Says what an elevated caller looked at: names the object and its owner in the record of the elevation.
    pub fn elevated_access(&self, kind: &str, id: Uuid, owner: Uuid) {
        self.0.pending.amend_elevation(|record| {
            record.object = Some((kind.to_owned(), id));
            record.subject = Some(owner);
        });
    }
}

/// Writes the records that the transaction gathered. The session acts as the store itself from here on: call it last.
pub(crate) async fn write_pending(tx: &Tx) -> Result<(), StoreError> {
    let records = tx.0.pending.take_records();
    if records.is_empty() {
        return Ok(());
    }
    tx.0.session.as_platform().await?;
    let mut head = lock_head(tx).await?;
    for record in records {
        let link = Link::after(&head, tx, record);
        insert(tx, &link).await?;
        head = Head { position: link.position, hash: link.hash };
    }
    write_head(tx, &head).await
}

pub(crate) struct Head {
    pub(crate) position: i64,
    pub(crate) hash: Vec<u8>,
}

/// Locks the chain's end for the rest of the transaction.
async fn lock_head(tx: &Tx) -> Result<Head, StoreError> {
    if let Some(head) = read_head(tx).await? {
        return Ok(head);
    }
    // The chain's very first writers race here; those who lose wait and find the winner's row.
    const FIRST: &str = "INSERT INTO audit_head (id, position, hash) VALUES ($1, 0, $2) ON CONFLICT (id) DO NOTHING";
    let values = [HEAD_ID.into(), vec![0_u8; 32].into()];
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), FIRST, values)).await?;
    read_head(tx).await?.ok_or_else(|| StoreError::Database("the audit chain has no head".to_owned()))
}

async fn read_head(tx: &Tx) -> Result<Option<Head>, StoreError> {
    let backend = tx.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => "SELECT position, hash FROM audit_head WHERE id = $1 FOR UPDATE",
        _ => "SELECT position, hash FROM audit_head WHERE id = $1",
    };
    let row = tx.query_one_raw(Statement::from_sql_and_values(backend, sql, [HEAD_ID.into()])).await?;
    let head =
        row.map(|row| Ok::<_, sea_orm::DbErr>(Head { position: row.try_get("", "position")?, hash: row.try_get("", "hash")? }));
    Ok(head.transpose()?)
}

async fn write_head(tx: &Tx, head: &Head) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE audit_head SET position = $1, hash = $2 WHERE id = $3";
    let values = [head.position.into(), head.hash.clone().into(), HEAD_ID.into()];
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), SQL, values)).await?;
    Ok(())
}

async fn insert(tx: &Tx, link: &Link) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO audit (tenant, id, position, occurred_at, actor, actor_id, request_id, action, subject_id, \
        object, object_id, permission, reason, detail, previous_hash, hash) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    let values: Vec<Value> = vec![
        link.tenant.into(),
        link.id.into(),
        link.position.into(),
        link.occurred_at.into(),
        link.actor.clone().into(),
        link.actor_id.into(),
        link.request_id.into(),
        link.action.clone().into(),
        link.subject_id.into(),
        link.object.clone().into(),
        link.object_id.into(),
        link.permission.clone().into(),
        link.reason.clone().into(),
        link.detail.clone().into(),
        link.previous_hash.clone().into(),
        link.hash.clone().into(),
    ];
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), SQL, values)).await?;
    Ok(())
}

fn actor_of(actor: Actor) -> (String, Option<Uuid>) {
    match actor {
        Actor::Anonymous => ("anonymous".to_owned(), None),
        Actor::User(id) => ("user".to_owned(), Some(id)),
        Actor::System(service) => (format!("system:{service}"), None),
    }
}
