//! `DELETE /api/v1/auth/sessions/{id}`

use banyan_http::{NoContent, Path, Problem, SignedIn};
use banyan_kernel::Uuid;

use crate::Identity;

/// Ends one of the caller's sessions. Its tokens count no longer, at once.
#[utoipa::path(
    delete,
    path = "/api/v1/auth/sessions/{id}",
    operation_id = "endSession",
    tag = "authentication",
    params(("id" = Uuid, Path, description = "The session.")),
    responses((status = 204, description = "The session has ended."))
)]
pub(super) async fn delete_session(
    identity: Identity,
    SignedIn(caller): SignedIn,
    Path(session): Path<Uuid>,
) -> Result<NoContent, Problem> {
    identity.end_session(&caller, session).await?;
    Ok(NoContent)
}
