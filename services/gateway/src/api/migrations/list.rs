//! `GET /api/v1/gateway/migrations`

use axum::extract::State;
use banyan_http::{Paged, Paging, Problem};

use super::Migration;
use crate::App;
use crate::api::operator::Watcher;
use crate::store;

/// Lists the features that move, or moved. `orderBy` is one of `createdAt` (the default), `updatedAt`, `name`.
#[utoipa::path(
    get,
    path = "/api/v1/gateway/migrations",
    operation_id = "listMigrations",
    tag = "gateway",
    params(Paging),
    responses((status = 200, description = "A page of migrations.", body = Paged<Migration>))
)]
pub(crate) async fn list_migrations(
    State(app): State<App>,
    Watcher(caller): Watcher,
    paging: Paging,
) -> Result<Paged<Migration>, Problem> {
    let paging = &paging;
    let rows = app.store.bind(&caller);
    let page = rows.read(move |tx| async move { store::list(&tx, paging).await }).await?;
    Ok(page.map(Migration::from))
}
