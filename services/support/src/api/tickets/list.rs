//! `GET /api/v1/support/tickets`

use axum::extract::State;
use banyan_http::{Paged, Paging, Problem, Query, SignedIn, Validate};
use sea_orm::{ColumnTrait, QueryFilter};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Ticket;
use crate::App;
use crate::entity::ticket::Column;
use crate::model;
use crate::store::tickets;

/// Which tickets to show.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    #[param(inline)]
    state: Option<model::State>,
    #[param(inline)]
    category: Option<model::Category>,
}

impl Validate for Which {}

/// Lists the caller's own tickets. `orderBy` is one of `createdAt` (the default), `updatedAt`, `dueAt`, `priority`.
#[utoipa::path(
    get,
    path = "/api/v1/support/tickets",
    operation_id = "listTickets",
    tag = "support",
    params(Which, Paging),
    responses((status = 200, description = "A page of tickets.", body = Paged<Ticket>))
)]
pub(crate) async fn list_tickets(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<Ticket>, Problem> {
    let mut select = tickets::of_person(caller.require_user()?);
    if let Some(state) = which.state {
        select = select.filter(Column::State.eq(state));
    }
    if let Some(category) = which.category {
        select = select.filter(Column::Category.eq(category));
    }
    let (rows, select, paging) = (app.store.bind(&caller), &select, &paging);
    let page = rows.read(move |tx| async move { tickets::page(&tx, select.clone(), paging).await });
    Ok(page.await?.map(Ticket::from))
}
