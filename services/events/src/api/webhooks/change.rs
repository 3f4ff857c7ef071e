//! `PATCH /api/v1/events/webhooks/{id}`

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use banyan_http::{Allowed, Body, Check, Path, Problem, Validate, nullable, permit, present};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use banyan_store::audit::Record;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Webhook, check_types, check_url, find, types_text};
use crate::App;
use crate::error::DoorError;
use crate::webhooks::{rows, webhook};

/// What is to be different. What is left out stays; `null` clears.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EventWebhookChanges)]
#[schema(example = json!({"enabled": true}))]
pub(crate) struct WebhookChanges {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 2000)]
    url: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<String>, required = false, max_items = 50)]
    types: Option<Vec<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    description: Option<Option<String>>,
    /// `true` sends what waits, and forgets why it was disabled.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool, required = false)]
    enabled: Option<bool>,
}

impl Validate for WebhookChanges {
    fn validate(&self, check: &mut Check) {
        check.line("url", &self.url).length(1, 2_000).any();
        check.line("description", self.description.as_ref().unwrap_or(&None)).not_blank().length(1, 200).any();
        check_types(check, self.types.as_deref().unwrap_or_default());
    }
}

impl WebhookChanges {
    fn apply(&self, row: &mut webhook::Model, now: i64) {
        row.url = self.url.clone().unwrap_or_else(|| std::mem::take(&mut row.url));
        row.types = self.types.as_deref().map_or_else(|| std::mem::take(&mut row.types), types_text);
        row.description = self.description.clone().unwrap_or_else(|| row.description.take());
        row.updated_at = now;
        if self.url.is_some() {
            (row.failures, row.failing_since) = (0, None);
        }
        match self.enabled {
            Some(true) => {
                (row.enabled, row.disabled_reason, row.disabled_at) = (true, None, None);
                (row.failures, row.failing_since) = (0, None);
            }
            Some(false) if row.enabled => {
                (row.enabled, row.disabled_reason, row.disabled_at) = (false, Some("asked".to_owned()), Some(now));
            }
            Some(false) | None => {}
        }
    }
}

/// Changes a subscription: its address, its types, or whether it is told of anything. What happened while it was disabled is not sent by
/// itself; a replay does that.
#[utoipa::path(
    patch,
    path = "/api/v1/events/webhooks/{id}",
    operation_id = "changeEventWebhook",
    tag = "events",
    params(("id" = Uuid, Path, description = "The subscription.")),
    request_body = WebhookChanges,
    responses((status = 200, description = "The subscription as it is now.", body = Webhook))
)]
pub(crate) async fn change_webhook(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::EventsSubscribe>,
    Path(id): Path<Uuid>,
    Body(changes): Body<WebhookChanges>,
) -> Result<Json<Webhook>, Problem> {
    if let Some(url) = &changes.url {
        check_url(&app, url)?;
    }
    let changes = &changes;
    let rows = app.store.bind(&caller);
    let changed = rows.write(move |tx| async move { change(&tx, id, changes).await }).await?;
    if changes.enabled == Some(true) || (changes.url.is_some() && changed.enabled) {
        let rows = app.store.system(caller.tenant);
        rows.write(move |tx| async move { rows::wake(&tx, id, Duration::ZERO).await }).await?;
    }
    Ok(Json(changed.into()))
}

async fn change(tx: &Tx, id: Uuid, changes: &WebhookChanges) -> Result<webhook::Model, DoorError> {
    const SQL: &str = "UPDATE webhooks SET url = $1, types = $2, description = $3, enabled = $4, disabled_reason = $5, disabled_at = $6, \
        failures = $7, failing_since = $8, updated_at = $9 WHERE id = $10";
    let mut row = find(tx, id).await?;
    changes.apply(&mut row, tx.now().micros());
    let values = vec![
        row.url.clone().into(),
        row.types.clone().into(),
        row.description.clone().into(),
        row.enabled.into(),
        row.disabled_reason.clone().into(),
        row.disabled_at.into(),
        row.failures.into(),
        row.failing_since.into(),
        row.updated_at.into(),
        id.into(),
    ];
    if rows::execute(tx, SQL, values).await? == 0 {
        return Err(DoorError::Hidden);
    }
    let detail = json!({ "url": row.url, "types": row.types, "enabled": row.enabled });
    tx.audit(Record::new("events.webhook.changed").object("webhook", id).detail(detail));
    Ok(row)
}
