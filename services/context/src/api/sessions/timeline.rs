//! `GET /api/v1/context/sessions/{id}/timeline`

use axum::extract::State;
use banyan_http::{Paged, Paging, Path, Problem, SignedIn};
use banyan_kernel::Uuid;

use super::ContextChange;
use crate::App;
use crate::store::{sessions, steps};

/// Lists who did what in a session, the latest first. `orderBy` is one of `seq` (the default), `createdAt`.
#[utoipa::path(
    get,
    path = "/api/v1/context/sessions/{id}/timeline",
    operation_id = "listContextTimeline",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session."), Paging),
    responses((status = 200, description = "A page of what happened.", body = Paged<ContextChange>))
)]
pub(crate) async fn list_context_timeline(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
    paging: Paging,
) -> Result<Paged<ContextChange>, Problem> {
    let (rows, paging) = (app.store.bind(&caller), &paging);
    let page = rows.read(move |tx| async move {
        sessions::visible(&tx, id).await?;
        steps::page(&tx, id, paging).await
    });
    Ok(page.await?.map(ContextChange::from))
}
