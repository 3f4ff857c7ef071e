//! `POST /api/v1/events/webhooks/{id}/replay`

use axum::Json;
use axum::extract::State;
use banyan_http::{Allowed, Body, Check, FieldError, Path, Problem, Validate, permit};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use banyan_store::audit::Record;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{find, seen};
use crate::App;
use crate::error::DoorError;
use crate::webhooks::replay::{Replay, ask};

/// From when to when.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EventWebhookReplay)]
#[schema(example = json!({"from": "2024-01-15T10:00:00Z"}))]
pub(crate) struct WhichEvents {
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Left out: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

impl Validate for WhichEvents {
    fn validate(&self, check: &mut Check) {
        let fits = self.to.is_none_or(|to| to >= self.from);
        check.that(fits, "to", FieldError::new("before-from", "events-field-to"));
    }
}

/// What will be sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EventWebhookReplayed)]
pub(crate) struct Asked {
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
}

/// Sends what happened from one moment to another, as far back as the logs go, up to 100,000 events; what was delivered before comes once more,
/// under the same `webhook-id`.
#[utoipa::path(
    post,
    path = "/api/v1/events/webhooks/{id}/replay",
    operation_id = "replayEventWebhook",
    tag = "events",
    params(("id" = Uuid, Path, description = "The subscription.")),
    request_body = WhichEvents,
    responses((status = 202, description = "It is under way.", body = Asked))
)]
pub(crate) async fn replay_webhook(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::EventsSubscribe>,
    Path(id): Path<Uuid>,
    Body(which): Body<WhichEvents>,
) -> Result<(StatusCode, Json<Asked>), Problem> {
    if !seen(&app, &caller, id).await?.enabled {
        return Err(DoorError::Conflict("events-webhook-disabled").into());
    }
    let to = which.to.unwrap_or_else(|| app.store.environment().clock.now());
    let replay = &Replay { webhook: id, from: which.from, to };
    let rows = app.store.system(caller.tenant);
    if !rows.write(move |tx| async move { ask(&tx, replay).await }).await? {
        return Err(DoorError::Conflict("events-webhook-replaying").into());
    }
    let rows = app.store.bind(&caller);
    let note = move |tx: Tx| async move {
        let webhook = find(&tx, id).await?;
        let detail = json!({ "from": replay.from, "to": replay.to });
        tx.audit(Record::new("events.webhook.replayed").object("webhook", webhook.id).detail(detail));
        Ok::<_, DoorError>(())
    };
    rows.write(note).await?;
    Ok((StatusCode::ACCEPTED, Json(Asked { from: replay.from, to })))
}
