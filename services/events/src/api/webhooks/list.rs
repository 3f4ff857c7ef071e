//! `GET /api/v1/events/webhooks`

use axum::extract::State;
use banyan_http::{Allowed, Paged, Paging, Problem, permit};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::Webhook;
use crate::App;
use crate::error::DoorError;
use crate::webhooks::webhook::{Column, Entity};

/// Lists subscriptions, the latest first: a tenant's administrators see all of it, others their own. `orderBy` allows `createdAt`.
#[utoipa::path(
    get,
    path = "/api/v1/events/webhooks",
    operation_id = "listEventWebhooks",
    tag = "events",
    params(Paging),
    responses((status = 200, description = "A page of subscriptions.", body = Paged<Webhook>))
)]
pub(crate) async fn list_webhooks(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::EventsSubscribe>,
    paging: Paging,
) -> Result<Paged<Webhook>, Problem> {
    let paging = &paging;
    let rows = app.store.bind(&caller);
    let found = rows.read(move |tx| async move {
        let select = Entity::find().filter(Column::Tenant.eq(tx.caller().tenant));
        Ok::<_, DoorError>(paging.fetch(&tx, select, &[("createdAt", Column::CreatedAt)]).await?)
    });
    Ok(found.await?.map(Webhook::from))
}
