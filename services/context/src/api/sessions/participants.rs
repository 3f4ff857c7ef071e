//! `GET /api/v1/context/sessions/{id}/participants`

use axum::extract::State;
use banyan_http::{Paged, Paging, Path, Problem, SignedIn};
use banyan_kernel::Uuid;

use super::ContextParticipant;
use crate::App;
use crate::store::{participants, sessions};

/// Lists who takes part in a session. `orderBy` is one of `joinedAt` (the default), `role`.
#[utoipa::path(
    get,
    path = "/api/v1/context/sessions/{id}/participants",
    operation_id = "listContextParticipants",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session."), Paging),
    responses((status = 200, description = "A page of people.", body = Paged<ContextParticipant>))
)]
pub(crate) async fn list_context_participants(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
    paging: Paging,
) -> Result<Paged<ContextParticipant>, Problem> {
    let (rows, paging) = (app.store.bind(&caller), &paging);
    let page = rows.read(move |tx| async move {
        sessions::visible(&tx, id).await?;
        participants::page(&tx, id, paging).await
    });
    Ok(page.await?.map(ContextParticipant::from))
}
