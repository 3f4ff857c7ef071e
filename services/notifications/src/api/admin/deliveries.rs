//! `/api/v1/admin/notifications/deliveries`

use axum::extract::State;
use banyan_events::jobs::Priority;
use banyan_http::{Allowed, Json, Paged, Paging, Path, Problem, Query, permit};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use banyan_store::audit::Record;

use crate::App;
use crate::api::deliveries::{Delivery, WhichDeliveries, page};
use crate::error::NotificationsError;
use crate::jobs::plan::send_at;
use crate::store::deliveries;
use crate::topic::DeliveryState;

/// Lists what left the house, or failed to, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/admin/notifications/deliveries",
    operation_id = "listDeliveries",
    tag = "administration",
    params(WhichDeliveries, Paging),
    responses((status = 200, description = "A page of deliveries.", body = Paged<Delivery>))
)]
pub(crate) async fn list_deliveries(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::NotificationsManage>,
    Query(which): Query<WhichDeliveries>,
    paging: Paging,
) -> Result<Paged<Delivery>, Problem> {
    let (rows, paging) = (app.store.bind(&caller), &paging);
    let found = rows.read(move |tx| async move { page(&tx, None, which, paging).await }).await?;
    Ok(found.map(Delivery::from))
}

/// Makes a delivery again that failed, or was not made. One that was sent stays as it is: 409.
#[utoipa::path(
    post,
    path = "/api/v1/admin/notifications/deliveries/{id}/replay",
    operation_id = "replayDelivery",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The delivery.")),
    responses((status = 200, description = "It is made again.", body = Delivery))
)]
pub(crate) async fn replay_delivery(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::NotificationsManage>,
    Path(id): Path<Uuid>,
) -> Result<Json<Delivery>, Problem> {
    let rows = app.store.bind(&caller);
    let again = rows.write(move |tx: Tx| async move {
        let mut row = deliveries::find(&tx, id).await?.ok_or(NotificationsError::Hidden)?;
        if !matches!(row.state, DeliveryState::Failed | DeliveryState::Skipped) {
            return Err(NotificationsError::Conflict("notifications-delivery-not-failed"));
        }
        row.state = DeliveryState::Waiting;
        (row.reason, row.ended_at, row.due_at) = (None, None, tx.now().micros());
        deliveries::save(&tx, row.clone()).await?;
        send_at(&tx, id, row.way, tx.now(), Priority::Normal).await?;
        let record = Record::new("delivery.replayed").object("delivery", id);
        tx.audit(match row.user_id {
            Some(user) => record.subject(user),
            None => record,
        });
        Ok(Delivery::from(row))
    });
    Ok(Json(again.await?))
}
