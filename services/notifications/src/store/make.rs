//! A new notification: its row, its place in the inbox, and the job that plans its deliveries, all or none.

use banyan_contracts::realtime::{RoomAddressed, user_room};
use banyan_events::jobs::{Priority, enqueue};
use banyan_kernel::Uuid;
use banyan_store::{StoreError, Tx};
use sea_orm::{ConnectionTrait, Statement, Value};
use serde_json::json;

use super::execute;
use crate::jobs::plan::Plan;
use crate::topic::Topic;

/// Rung after a commit that changed an inbox.
pub(crate) const BELL: &str = "inboxes";

/// What somebody is to be told.
#[derive(Clone, Debug)]
pub(crate) struct New {
    pub(crate) user: Uuid,
    pub(crate) topic: Topic,
    pub(crate) template: String,
    pub(crate) arguments: serde_json::Value,
    /// A path of the tenant's own, or an address.
    pub(crate) link: Option<String>,
    /// Comes at any hour.
    pub(crate) urgent: bool,
    /// Of those with the same key a person gets one.
    pub(crate) dedupe_key: Option<String>,
    /// In seconds.
    pub(crate) escalate_after: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    New(Uuid),
    /// One with the same key is in the inbox.
    AlreadyThere,
}

pub(crate) async fn make(tx: &Tx, new: New) -> Result<Made, StoreError> {
    const SQL: &str = "INSERT INTO notifications (tenant_id, id, user_id, topic, template, arguments, link, urgent, dedupe_key, \
        escalate_after, seq, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING";
    let seq = next_place(tx, new.user).await?;
    let id = tx.new_id();
    let priority = if new.urgent || new.topic == Topic::Security { Priority::Urgent } else { Priority::Normal };
    let values: [Value; 12] = [
        tx.caller().tenant.into(),
        id.into(),
        new.user.into(),
        new.topic.word().into(),
        new.template.into(),
        new.arguments.into(),
        new.link.into(),
        new.urgent.into(),
        new.dedupe_key.into(),
        new.escalate_after.into(),
        seq.into(),
        tx.now().micros().into(),
    ];
    if execute(tx, SQL, values).await? == 0 {
        return Ok(Made::AlreadyThere);
    }
    tell(tx, new.user, seq).await?;
    enqueue(tx, &Plan { notification: id }).priority(priority).await?;
    Ok(Made::New(id))
}

/// The next place in a person's inbox. From here on nobody else changes it until this transaction ends, so places appear in order.
pub(crate) async fn next_place(tx: &Tx, user: Uuid) -> Result<i64, StoreError> {
    const NEW: &str = "INSERT INTO inboxes (tenant_id, id, user_id, last_seq) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING";
    const NEXT: &str = "UPDATE inboxes SET last_seq = last_seq + 1 WHERE user_id = $1";
    const READ: &str = "SELECT last_seq FROM inboxes WHERE user_id = $1";
    if execute(tx, NEXT, [user.into()]).await? == 0 {
        execute(tx, NEW, [tx.caller().tenant.into(), tx.new_id().into(), user.into()]).await?;
        execute(tx, NEXT, [user.into()]).await?;
    }
    let row = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), READ, [user.into()])).await?;
    let missing = || StoreError::Constraint("the inbox is not there".to_owned());
    Ok(row.ok_or_else(missing)?.try_get("", "last_seq")?)
}

/// Who listens to the person's room is told the inbox's new place. Streams of the inbox look after the commit: those of this process at once, others
/// within a second.
pub(crate) async fn tell(tx: &Tx, user: Uuid, seq: i64) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO inbox_signals (id, tenant, user_id, created_at) VALUES ($1, $2, $3, $4)";
    let values = [tx.new_id().into(), tx.caller().tenant.into(), user.into(), tx.now().micros().into()];
    execute(tx, SQL, values).await?;
    tx.publish(&RoomAddressed { room: user_room(user), data: json!({ "event": "inbox_changed", "seq": seq }) }).await?;
    tx.ring(BELL);
    Ok(())
}
