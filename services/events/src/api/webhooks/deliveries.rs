//! `/api/v1/events/webhooks/{id}/deliveries`

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use banyan_http::{Allowed, Check, Paged, Paging, Path, Problem, Query, Validate, permit};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{find, seen};
use crate::App;
use crate::error::DoorError;
use crate::webhooks::delivery::{Column, Entity, Model, State as DeliveryState};
use crate::webhooks::rows;

/// One event for one subscription, and what became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EventWebhookDelivery)]
pub(crate) struct Delivery {
    id: Uuid,
    event_id: Uuid,
    event_type: String,
    #[schema(inline)]
    state: DeliveryState,
    /// Since it was put on its way, or was last asked to begin again.
    attempts: i64,
    /// The latest 20 attempts, the latest at the end.
    #[schema(value_type = Vec<Object>)]
    history: serde_json::Value,
    /// When the next attempt is due, while it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

impl From<Model> for Delivery {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            event_id: row.event_id,
            event_type: row.event_type,
            state: row.state,
            attempts: row.attempts,
            history: row.history,
            due_at: (row.state == DeliveryState::Waiting).then(|| Timestamp::from_micros(row.due_at)),
            created_at: Timestamp::from_micros(row.created_at),
            ended_at: row.ended_at.map(Timestamp::from_micros),
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, IntoParams, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichDeliveries {
    #[param(inline)]
    state: Option<DeliveryState>,
}

impl Validate for WhichDeliveries {
    fn validate(&self, _: &mut Check) {}
}

/// Lists what was sent to a subscription and what waits, the latest first. `orderBy` allows `createdAt`.
#[utoipa::path(
    get,
    path = "/api/v1/events/webhooks/{id}/deliveries",
    operation_id = "listEventWebhookDeliveries",
    tag = "events",
    params(("id" = Uuid, Path, description = "The subscription."), WhichDeliveries, Paging),
    responses((status = 200, description = "A page of deliveries.", body = Paged<Delivery>))
)]
pub(crate) async fn list_webhook_deliveries(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::EventsSubscribe>,
    Path(id): Path<Uuid>,
    Query(which): Query<WhichDeliveries>,
    paging: Paging,
) -> Result<Paged<Delivery>, Problem> {
    let paging = &paging;
    let rows = app.store.bind(&caller);
    let list = move |tx: Tx| async move {
        find(&tx, id).await?;
        let mut select = Entity::find().filter(Column::WebhookId.eq(id));
        if let Some(state) = which.state {
            select = select.filter(Column::State.eq(state));
        }
        Ok::<_, DoorError>(paging.fetch(&tx, select, &[("createdAt", Column::CreatedAt)]).await?)
    };
    Ok(rows.read(list).await?.map(Delivery::from))
}

/// Which delivery of which subscription.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Which {
    id: Uuid,
    delivery: Uuid,
}

/// Sends an event again, whatever became of it before, from the first attempt on, under the same `webhook-id`.
#[utoipa::path(
    post,
    path = "/api/v1/events/webhooks/{id}/deliveries/{delivery}/retry",
    operation_id = "retryEventWebhookDelivery",
    tag = "events",
    params(
        ("id" = Uuid, Path, description = "The subscription."),
        ("delivery" = Uuid, Path, description = "The delivery.")
    ),
    responses((status = 200, description = "It waits to be sent.", body = Delivery))
)]
pub(crate) async fn retry_webhook_delivery(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::EventsSubscribe>,
    Path(which): Path<Which>,
) -> Result<Json<Delivery>, Problem> {
    if !seen(&app, &caller, which.id).await?.enabled {
        return Err(DoorError::Conflict("events-webhook-disabled").into());
    }
    let rows = app.store.system(caller.tenant);
    let again = move |tx: Tx| async move {
        const SQL: &str = "UPDATE webhook_deliveries SET state = 'waiting', attempts = 0, due_at = $1, ended_at = NULL \
            WHERE id = $2 AND webhook_id = $3 AND tenant = $4";
        let values = vec![tx.now().micros().into(), which.delivery.into(), which.id.into(), tx.caller().tenant.into()];
        if rows::execute(&tx, SQL, values).await? == 0 {
            return Err(DoorError::Hidden);
        }
        rows::wake(&tx, which.id, Duration::ZERO).await?;
        Entity::find().filter(Column::Id.eq(which.delivery)).one(&tx).await?.ok_or(DoorError::Hidden)
    };
    Ok(Json(rows.write(again).await?.into()))
}
