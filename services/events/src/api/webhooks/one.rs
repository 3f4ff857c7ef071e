//! `GET` and `DELETE /api/v1/events/webhooks/{id}`

use axum::Json;
use axum::extract::State;
use banyan_http::{Allowed, NoContent, Path, Problem, permit};
use banyan_kernel::Uuid;
use banyan_store::audit::Record;

use super::{Webhook, seen};
use crate::App;
use crate::error::DoorError;
use crate::webhooks::rows;

/// Shows a subscription, without its secret.
#[utoipa::path(
    get,
    path = "/api/v1/events/webhooks/{id}",
    operation_id = "getEventWebhook",
    tag = "events",
    params(("id" = Uuid, Path, description = "The subscription.")),
    responses((status = 200, description = "The subscription.", body = Webhook))
)]
pub(crate) async fn get_webhook(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::EventsSubscribe>,
    Path(id): Path<Uuid>,
) -> Result<Json<Webhook>, Problem> {
    Ok(Json(seen(&app, &caller, id).await?.into()))
}

/// Ends a subscription; what waits for it is not sent, and its log of deliveries goes.
#[utoipa::path(
    delete,
    path = "/api/v1/events/webhooks/{id}",
    operation_id = "deleteEventWebhook",
    tag = "events",
    params(("id" = Uuid, Path, description = "The subscription.")),
    responses((status = 204, description = "It is gone."))
)]
pub(crate) async fn delete_webhook(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::EventsSubscribe>,
    Path(id): Path<Uuid>,
) -> Result<NoContent, Problem> {
    let rows = app.store.bind(&caller);
    let delete = move |tx: banyan_store::Tx| async move {
        if rows::execute(&tx, "DELETE FROM webhooks WHERE id = $1", vec![id.into()]).await? == 0 {
            return Err(DoorError::Hidden);
        }
        rows::execute(&tx, "DELETE FROM webhook_deliveries WHERE webhook_id = $1", vec![id.into()]).await?;
        tx.audit(Record::new("events.webhook.deleted").object("webhook", id));
        Ok(())
    };
    rows.write(delete).await?;
    Ok(NoContent)
}
