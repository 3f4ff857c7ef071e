//! `POST /api/v1/admin/users/{id}/erase`

use banyan_http::{Allowed, NoContent, Path, Problem, permit};
use banyan_kernel::Uuid;

use crate::Identity;
use crate::managing::manager;

/// Erases an account and all that is its person's, in every service. The account is closed at once and cannot be opened again; the rest
/// follows within seconds, or as soon as each service answers. There is no way back. Nobody erases themselves or the last owner.
#[utoipa::path(
    post,
    path = "/api/v1/admin/users/{id}/erase",
    operation_id = "eraseUser",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The user.")),
    responses((status = 204, description = "The account is closed, and its erasure has begun."))
)]
pub(super) async fn erase_user(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersManage>,
    Path(id): Path<Uuid>,
) -> Result<NoContent, Problem> {
    identity.begin_erasing(&identity.rows(&caller), manager(&caller)?, id).await?;
    Ok(NoContent)
}
