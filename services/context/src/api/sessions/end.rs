//! `POST /api/v1/context/sessions/{id}/end`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;

use super::{ContextSession, For, change};
use crate::App;
use crate::store::sessions;

/// Ends a session of one's own for good: it is read, and nothing in it changes any more. Saying so twice changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/context/sessions/{id}/end",
    operation_id = "endContextSession",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session.")),
    responses((status = 200, description = "The session as it is now.", body = ContextSession))
)]
pub(crate) async fn end_context_session(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<ContextSession>, Problem> {
    let user = caller.require_user()?;
    change(
        &app,
        &caller,
        id,
        &preconditions,
        For::TheOwner,
        move |tx, before| async move { sessions::end(&tx, user, before).await },
    )
    .await
}
