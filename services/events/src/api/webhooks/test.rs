//! `POST /api/v1/events/webhooks/{id}/test`

use axum::Json;
use axum::extract::State;
use banyan_channels::Reason;
use banyan_contracts::CloudEvent;
use banyan_http::{Allowed, Path, Problem, permit};
use banyan_kernel::Uuid;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::seen;
use crate::webhooks::exit;
use crate::{App, SERVICE};

/// What the receiver said to a test.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EventWebhookTest)]
pub(crate) struct WebhookTest {
    /// It answered with a status from 200 to 299.
    delivered: bool,
    /// The status, where it answered with another one.
    #[schema(minimum = 100, maximum = 999)]
    status: Option<u16>,
    /// Why it was not delivered, as a word that stays the same.
    code: Option<String>,
    /// The same for people.
    reason: Option<String>,
}

/// Sends an event of the type `events.webhook.test` at once, and answers what came of it. It stands in no log and is not tried again; a
/// subscription that is disabled is tested, too.
#[utoipa::path(
    post,
    path = "/api/v1/events/webhooks/{id}/test",
    operation_id = "testEventWebhook",
    tag = "events",
    params(("id" = Uuid, Path, description = "The subscription.")),
    responses((status = 200, description = "What came of it.", body = WebhookTest))
)]
pub(crate) async fn test_webhook(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::EventsSubscribe>,
    Path(id): Path<Uuid>,
) -> Result<Json<WebhookTest>, Problem> {
    let webhook = seen(&app, &caller, id).await?;
    let environment = app.store.environment();
    let now = environment.clock.now();
    let event = CloudEvent {
        specversion: "1.0".to_owned(),
        id: environment.ids.next(),
        source: format!("/services/{SERVICE}"),
        kind: "events.webhook.test".to_owned(),
        subject: webhook.id.to_string(),
        time: now,
        datacontenttype: "application/json".to_owned(),
        tenant: webhook.tenant,
        dataversion: 1,
        data: json!({ "webhookId": webhook.id }),
    };
    let body = serde_json::to_value(&event).map_err(|error| Problem::internal(&error))?;
    let keys = exit::keys(&webhook, &environment.cipher, now);
    Ok(Json(match app.exit.send(&webhook, keys, event.id, &body).await {
        Ok(_) => WebhookTest { delivered: true, status: None, code: None, reason: None },
        Err(refused) => {
            let status = match &refused.reason {
                Reason::Status { status, .. } | Reason::Redirect { status } => Some(*status),
                _ => None,
            };
            let (code, reason) = (refused.reason.code().to_owned(), refused.reason.to_string());
            WebhookTest { delivered: false, status, code: Some(code), reason: Some(reason) }
        }
    }))
}
