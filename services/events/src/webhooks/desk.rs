//! Subscriptions of all tenants, as those who run the installation see and mend them.

use std::time::Duration;

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::audit::Record;
use banyan_store::{Store, StoreError, Tx};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{delivery, rows, webhook};
use crate::accept::statement;

/// A subscription, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookSheet {
    pub id: Uuid,
    pub tenant: Uuid,
    pub owner: Uuid,
    pub url: String,
    /// With commas between them; nothing: all.
    pub types: String,
    pub enabled: bool,
    /// `asked`, `gone`, `failing` or `backlog`.
    pub disabled_reason: Option<String>,
    pub failing_since: Option<Timestamp>,
    /// Deliveries that are due or will be.
    pub waiting: i64,
    /// Deliveries that were given up.
    pub failed: i64,
    /// What became of the latest attempt of the latest delivery that has one.
    pub latest: Option<serde_json::Value>,
}

/// What is done to a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookMend {
    /// It is told of events again, from now on and of what waits.
    Enable,
    Disable,
    /// What was given up begins again.
    Retry,
}

/// Those of a tenant, or of all, in the order of their ids; after `after`, at most `limit`.
///
/// # Errors
/// When the database does not answer.
pub async fn webhooks(
    store: &Store,
    tenant: Option<Uuid>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<WebhookSheet>, StoreError> {
    let list = move |tx: Tx| async move {
        let mut select = webhook::Entity::find();
        if let Some(tenant) = tenant {
            select = select.filter(webhook::Column::Tenant.eq(tenant));
        }
        if let Some(after) = after {
            select = select.filter(webhook::Column::Id.gt(after));
        }
        let found = select.order_by_asc(webhook::Column::Id).limit(u64::from(limit)).all(&tx).await?;
        let mut sheets = Vec::with_capacity(found.len());
        for row in found {
            sheets.push(sheet(&tx, row).await?);
        }
        Ok(sheets)
    };
    store.system(Uuid::nil()).read(list).await
}

async fn sheet(tx: &Tx, row: webhook::Model) -> Result<WebhookSheet, StoreError> {
    const COUNT: &str =
        "SELECT state, COUNT(*) AS count FROM webhook_deliveries WHERE webhook_id = $1 AND state <> 'delivered' GROUP BY state";
    let (mut waiting, mut failed) = (0, 0);
    for counted in tx.query_all_raw(statement(tx, COUNT, vec![row.id.into()])).await? {
        let count = counted.try_get("", "count")?;
        match counted.try_get::<String>("", "state")?.as_str() {
            "waiting" => waiting = count,
            _ => failed = count,
        }
    }
    let latest = delivery::Entity::find()
        .filter(delivery::Column::WebhookId.eq(row.id))
        .filter(delivery::Column::Attempts.gt(0))
        .order_by_desc(delivery::Column::CreatedAt)
        .one(tx)
        .await?;
    Ok(WebhookSheet {
        id: row.id,
        tenant: row.tenant,
        owner: row.owner_id,
        url: row.url,
        types: row.types,
        enabled: row.enabled,
        disabled_reason: row.disabled_reason,
        failing_since: row.failing_since.map(Timestamp::from_micros),
        waiting,
        failed,
        latest: latest.and_then(|delivery| delivery.history.as_array()?.last().cloned()),
    })
}

/// Does it, and writes into the tenant's audit log that it was done, and why. `None` where there is no such subscription, or it is disabled and its
/// deliveries cannot begin again.
///
/// # Errors
/// When the database does not answer.
pub async fn mend_webhook(store: &Store, id: Uuid, mend: WebhookMend, reason: &str) -> Result<Option<WebhookSheet>, StoreError> {
    let found = store.system(Uuid::nil()).read(move |tx| async move { rows::find(&tx, id).await }).await?;
    let Some(found) = found.filter(|row| row.enabled || mend != WebhookMend::Retry) else { return Ok(None) };
    let act = move |tx: Tx| async move {
        let (word, changed) = match mend {
            WebhookMend::Enable => ("enabled", switch(&tx, id, None).await?),
            WebhookMend::Disable => ("disabled", switch(&tx, id, Some("asked")).await?),
            WebhookMend::Retry => ("retried", again(&tx, id).await?),
        };
        if mend != WebhookMend::Disable {
            rows::wake(&tx, id, Duration::ZERO).await?;
        }
        let detail = json!({ "rows": changed, "reason": reason });
        tx.audit(Record::new(format!("events.webhook.{word}")).object("webhook", id).detail(detail));
        let Some(row) = rows::find(&tx, id).await? else { return Ok(None) };
        sheet(&tx, row).await.map(Some)
    };
    store.system(found.tenant).write(act).await
}

async fn switch(tx: &Tx, id: Uuid, disabled: Option<&'static str>) -> Result<u64, StoreError> {
    const SQL: &str = "UPDATE webhooks SET enabled = $1, disabled_reason = $2, disabled_at = $3, failures = 0, failing_since = NULL, \
        updated_at = $4 WHERE id = $5 AND enabled <> $1";
    let now = tx.now().micros();
    let since = disabled.map(|_| now);
    let reason = disabled.map(str::to_owned);
    rows::execute(tx, SQL, vec![disabled.is_none().into(), reason.into(), since.into(), now.into(), id.into()]).await
}

async fn again(tx: &Tx, id: Uuid) -> Result<u64, StoreError> {
    const SQL: &str = "UPDATE webhook_deliveries SET state = 'waiting', attempts = 0, due_at = $1, ended_at = NULL \
        WHERE webhook_id = $2 AND state = 'failed'";
    rows::execute(tx, SQL, vec![tx.now().micros().into(), id.into()]).await
}
