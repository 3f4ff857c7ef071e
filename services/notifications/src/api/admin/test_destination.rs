//! `POST /api/v1/admin/notifications/destinations/{id}/test`: does it arrive there?

use axum::extract::State;
use banyan_http::{Allowed, Json, Path, Problem, permit};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use serde_json::json;

use crate::App;
use crate::api::test::{TEMPLATE, short};
use crate::error::NotificationsError;
use crate::senders::Message;
use crate::store::allowances::{self, Allowance};
use crate::store::{deliveries, destinations};
use crate::template;
use crate::topic::{Topic, Way};
use crate::trial::{Tried, try_now};

/// In an hour.
const TESTS_OF_A_DESTINATION: i64 = 20;

/// Sends a test there, also where it is disabled, and answers what came of it. Twenty in an hour.
#[utoipa::path(
    post,
    path = "/api/v1/admin/notifications/destinations/{id}/test",
    operation_id = "testNotificationDestination",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The destination.")),
    responses((status = 200, description = "What came of it.", body = Tried))
)]
pub(crate) async fn test_destination(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::NotificationsManage>,
    tenant: banyan_http::Tenant,
    Path(id): Path<Uuid>,
) -> Result<Json<Tried>, Problem> {
    let own = app.store.bind(&caller);
    let found = own.read(move |tx: Tx| async move { destinations::find(&tx, id).await }).await?;
    let destination = found.ok_or_else(Problem::hidden)?;
    let (rows, hint) = (app.store.system(caller.tenant), &destination.hint);
    let way = destination.way;
    let prepared = rows.write(move |tx: Tx| async move {
        let allowance = Allowance { kind: "tests-of-destination", subject: id.as_bytes().to_vec(), most: TESTS_OF_A_DESTINATION };
        allowances::take(&tx, &[allowance]).await?;
        let mut row = deliveries::new(&tx, None, Topic::Account, way);
        (row.endpoint_id, row.address_hint) = (Some(id), Some(hint.clone()));
        Ok::<_, NotificationsError>(row)
    });
    let row = prepared.await?;
    let messages = app.messages(tenant.application.name(), tenant.id, Some(&destination.locale));
    let words = template::words(messages, TEMPLATE, &json!({})).map_err(|missing| Problem::internal(&missing))?;
    let target = destinations::target(&app.store, &destination).ok_or("the address cannot be opened: write it anew");
    let message = target.map(|target| match way {
        Way::Webhook => {
            let now = app.store.environment().clock.now();
            let data = json!({ "title": words.title, "body": words.body });
            let body = json!({ "type": "notification.test", "timestamp": now, "data": data }).to_string();
            Message::Hook { id: row.id, url: target, keys: destinations::keys(&app.store, &destination, now), body }
        }
        _ => Message::Room { id: row.id, way, target, words: short(&words, row.id) },
    });
    Ok(Json(try_now(&app, row, message).await?))
}
