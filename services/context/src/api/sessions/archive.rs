//! `POST /api/v1/context/sessions/{id}/archive`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;

use super::{ContextSession, For, change};
use crate::App;
use crate::model;
use crate::store::sessions;

/// Puts a session away: it is read, and nothing in it changes until it is reopened. Saying so twice changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/context/sessions/{id}/archive",
    operation_id = "archiveContextSession",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session.")),
    responses(
        (status = 200, description = "The session as it is now.", body = ContextSession),
        (status = 409, description = "The session is over.")
    )
)]
pub(crate) async fn archive_context_session(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<ContextSession>, Problem> {
    change(&app, &caller, id, &preconditions, For::Writers, |tx, before| async move {
        sessions::put(&tx, before, model::State::Archived).await
    })
    .await
}
