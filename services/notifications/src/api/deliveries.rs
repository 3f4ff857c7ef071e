//! Deliveries as they are sent, and `GET /api/v1/notifications/deliveries`.

use axum::extract::State;
use banyan_http::{Check, Paged, Paging, Problem, Query, SignedIn, Validate};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::inbox::owner;
use crate::App;
use crate::entity::delivery::{Column, Entity, Model};
use crate::error::NotificationsError;
use crate::topic::{DeliveryState, Topic, Way};

/// One way of one notification, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Delivery {
    id: Uuid,
    /// None where it goes to a destination of the tenant.
    user_id: Option<Uuid>,
    /// None for a mail that gathers several, for codes and for tests.
    notification_id: Option<Uuid>,
    /// The browser, the device or the destination.
    endpoint_id: Option<Uuid>,
    #[schema(inline)]
    way: Way,
    #[schema(inline)]
    topic: Topic,
    #[schema(inline)]
    state: DeliveryState,
    /// Why it failed, or was not needed; or what the last attempt came to.
    reason: Option<String>,
    /// Where it went, so that its owner knows it again.
    address: Option<String>,
    /// The mail that gathered it.
    gathered_by: Option<Uuid>,
    attempts: i64,
    /// The latest 20 attempts, the latest at the end.
    #[schema(value_type = Vec<Object>)]
    history: serde_json::Value,
    /// How the provider calls it.
    provider_id: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    due_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

impl From<Model> for Delivery {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            notification_id: row.notification_id,
            endpoint_id: row.endpoint_id,
            way: row.way,
            topic: row.topic,
            state: row.state,
            reason: row.reason,
            address: row.address_hint,
            gathered_by: row.gathered_by,
            attempts: row.attempts,
            history: row.history,
            provider_id: row.provider_id,
            due_at: Timestamp::from_micros(row.due_at),
            created_at: Timestamp::from_micros(row.created_at),
            ended_at: row.ended_at.map(Timestamp::from_micros),
        }
    }
}

/// Which deliveries to show.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichDeliveries {
    #[param(inline)]
    state: Option<DeliveryState>,
    #[param(inline)]
    way: Option<Way>,
    notification_id: Option<Uuid>,
    /// A browser, a device or a destination.
    endpoint_id: Option<Uuid>,
}

impl Validate for WhichDeliveries {
    fn validate(&self, _: &mut Check) {}
}

/// A page of them, of one person or of all that the caller may see.
pub(super) async fn page(
    tx: &Tx,
    user: Option<Uuid>,
    which: WhichDeliveries,
    paging: &Paging,
) -> Result<Paged<Model>, NotificationsError> {
    let mut select = Entity::find();
    if let Some(user) = user {
        select = select.filter(Column::UserId.eq(user));
    }
    if let Some(state) = which.state {
        select = select.filter(Column::State.eq(state));
    }
    if let Some(way) = which.way {
        select = select.filter(Column::Way.eq(way));
    }
    if let Some(id) = which.notification_id {
        select = select.filter(Column::NotificationId.eq(id));
    }
    if let Some(id) = which.endpoint_id {
        select = select.filter(Column::EndpointId.eq(id));
    }
    Ok(paging.fetch(tx, select, &[("createdAt", Column::CreatedAt)]).await?)
}

/// Lists what left the house for one's own person, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/notifications/deliveries",
    operation_id = "listOwnDeliveries",
    tag = "notifications",
    params(WhichDeliveries, Paging),
    responses((status = 200, description = "A page of deliveries.", body = Paged<Delivery>))
)]
pub(crate) async fn list_own_deliveries(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Query(which): Query<WhichDeliveries>,
    paging: Paging,
) -> Result<Paged<Delivery>, Problem> {
    let (user, paging) = (owner(&caller)?, &paging);
    let rows = app.store.bind(&caller);
    let found = rows.read(move |tx| async move { page(&tx, Some(user), which, paging).await }).await?;
    Ok(found.map(Delivery::from))
}
