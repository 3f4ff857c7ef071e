//! `GET /api/v1/context/sessions/{id}`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;

use super::ContextSession;
use crate::App;
use crate::error::ContextError;
use crate::store::sessions;

/// Reads a session in which the caller takes part.
#[utoipa::path(
    get,
    path = "/api/v1/context/sessions/{id}",
    operation_id = "getContextSession",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session.")),
    responses(
        (status = 200, description = "The session.", body = ContextSession),
        (status = 304, description = "The client has it already.")
    )
)]
pub(crate) async fn get_context_session(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<ContextSession>, Problem> {
    let rows = app.store.bind(&caller);
    let read = rows.read(move |tx| async move {
        let role = sessions::require(&tx, id, |_| true).await?;
        Ok::<_, ContextError>(ContextSession::of(sessions::visible(&tx, id).await?, role))
    });
    let session = read.await?;
    Ok(preconditions.answer(session.tag(), || session))
}
