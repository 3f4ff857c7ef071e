//! The queries of subscriptions and deliveries.

use std::time::Duration;

use banyan_contracts::CloudEvent;
use banyan_events::jobs::{enqueue, nudge};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{StoreError, Tx};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value};
use serde_json::{Value as Json, json};

use super::pump::Pump;
use super::{delivery, webhook};
use crate::accept::statement;

/// Attempts of a delivery that are remembered.
const REMEMBERED: usize = 20;

pub(crate) async fn execute(tx: &Tx, sql: &str, values: Vec<Value>) -> Result<u64, StoreError> {
    Ok(tx.execute_raw(statement(tx, sql, values)).await?.rows_affected())
}

pub(crate) async fn find(tx: &Tx, id: Uuid) -> Result<Option<webhook::Model>, StoreError> {
    Ok(webhook::Entity::find().filter(webhook::Column::Id.eq(id)).one(tx).await?)
}

/// Those of these tenants that are to be told something.
pub(crate) async fn of_tenants(tx: &Tx, tenants: &[Uuid]) -> Result<Vec<webhook::Model>, StoreError> {
    let select = webhook::Entity::find()
        .filter(webhook::Column::Tenant.is_in(tenants.iter().copied()))
        .filter(webhook::Column::Enabled.eq(true));
    Ok(select.order_by_asc(webhook::Column::Id).all(tx).await?)
}

/// Whether an event that is on its way already is sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Left,
    Again,
}

/// Puts an event on its way to a subscription.
pub(crate) async fn add(tx: &Tx, webhook: &webhook::Model, event: &CloudEvent, known: Known) -> Result<(), StoreError> {
    const NEW: &str = "INSERT INTO webhook_deliveries (id, tenant, owner_id, webhook_id, event_id, event_type, event, state, attempts, \
        due_at, history, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', 0, $8, $9, $8) ON CONFLICT (webhook_id, event_id) ";
    let now = tx.now().micros();
    let event_json = serde_json::to_value(event).map_err(|error| StoreError::Constraint(error.to_string()))?;
    let values: Vec<Value> = vec![
        tx.new_id().into(),
        webhook.tenant.into(),
        webhook.owner_id.into(),
        webhook.id.into(),
        event.id.into(),
        event.kind.clone().into(),
        event_json.into(),
        now.into(),
        json!([]).into(),
    ];
    let conflict = match known {
        Known::Left => "DO NOTHING",
        Known::Again => "DO UPDATE SET state = 'waiting', attempts = 0, due_at = excluded.due_at, ended_at = NULL",
    };
    execute(tx, &format!("{NEW}{conflict}"), values).await.map(drop)
}

/// Makes sure that what waits for a subscription is looked at, after `delay` at the latest. In the sight of the service itself.
pub(crate) async fn wake(tx: &Tx, webhook: Uuid, delay: Duration) -> Result<(), StoreError> {
    let key = webhook.to_string();
    if !nudge::<Pump>(tx, &key, delay).await? {
        enqueue(tx, &Pump { webhook }).unique(key).delay(delay).await?;
    }
    Ok(())
}

/// What is due for a subscription, what has been due for longest first.
pub(crate) async fn due(tx: &Tx, webhook: Uuid, most: u64) -> Result<Vec<delivery::Model>, StoreError> {
    let select = delivery::Entity::find()
        .filter(delivery::Column::WebhookId.eq(webhook))
        .filter(delivery::Column::State.eq(delivery::State::Waiting))
        .filter(delivery::Column::DueAt.lte(tx.now().micros()));
    let ordered = select.order_by_asc(delivery::Column::DueAt).order_by_asc(delivery::Column::Id);
    Ok(ordered.limit(most).all(tx).await?)
}

/// When something is due next.
pub(crate) async fn next_due(tx: &Tx, webhook: Uuid) -> Result<Option<i64>, StoreError> {
    const SQL: &str = "SELECT MIN(due_at) AS due_at FROM webhook_deliveries WHERE webhook_id = $1 AND state = 'waiting'";
    let row = tx.query_one_raw(statement(tx, SQL, vec![webhook.into()])).await?;
    Ok(row.map(|row| row.try_get::<Option<i64>>("", "due_at")).transpose()?.flatten())
}

/// How many wait, counted up to `most`.
pub(crate) async fn waiting(tx: &Tx, webhook: Uuid, most: i64) -> Result<i64, StoreError> {
    const SQL: &str = "SELECT COUNT(*) AS waiting FROM (SELECT 1 FROM webhook_deliveries \
        WHERE webhook_id = $1 AND state = 'waiting' LIMIT $2) AS counted";
    let row = tx.query_one_raw(statement(tx, SQL, vec![webhook.into(), most.into()])).await?;
    Ok(row.map(|row| row.try_get("", "waiting")).transpose()?.unwrap_or_default())
}

/// What became of an attempt. Nothing where the row is gone, or was made to begin again meanwhile.
pub(crate) async fn write_attempt(
    tx: &Tx,
    before: &delivery::Model,
    state: delivery::State,
    due_at: Timestamp,
    outcome: Json,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE webhook_deliveries SET state = $1, attempts = attempts + 1, due_at = $2, history = $3, ended_at = $4 \
        WHERE id = $5 AND state = 'waiting' AND attempts = $6";
    let mut history = before.history.as_array().cloned().unwrap_or_default();
    let too_many = (history.len() + 1).saturating_sub(REMEMBERED);
    history.drain(..too_many);
    history.push(outcome);
    let ended_at = (state != delivery::State::Waiting).then(|| tx.now().micros());
    let word = match state {
        delivery::State::Waiting => "waiting",
        delivery::State::Delivered => "delivered",
        delivery::State::Failed => "failed",
    };
    let values: Vec<Value> = vec![
        word.into(),
        due_at.micros().into(),
        Json::from(history).into(),
        ended_at.into(),
        before.id.into(),
        before.attempts.into(),
    ];
    execute(tx, SQL, values).await.map(drop)
}
