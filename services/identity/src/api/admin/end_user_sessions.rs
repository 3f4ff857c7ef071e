//! `DELETE /api/v1/admin/users/{id}/sessions`

use banyan_http::{Allowed, NoContent, Path, Problem, permit};
use banyan_kernel::Uuid;

use crate::Identity;
use crate::managing::manager;

/// Ends all sessions of a user, at once: after a lost telephone, say.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/users/{id}/sessions",
    operation_id = "endUserSessions",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The user.")),
    responses((status = 204, description = "The sessions have ended."))
)]
pub(super) async fn end_user_sessions(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersManage>,
    Path(id): Path<Uuid>,
) -> Result<NoContent, Problem> {
    identity.end_sessions_of(&identity.rows(&caller), manager(&caller)?, id).await?;
    Ok(NoContent)
}
