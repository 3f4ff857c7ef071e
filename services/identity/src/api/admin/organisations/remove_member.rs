//! `DELETE /api/v1/admin/organisations/{id}/members/{user}`

use banyan_http::{Allowed, NoContent, Path, Problem, permit};
use banyan_kernel::Uuid;

use crate::Identity;

/// Takes a member out of an organisation. It counts at once.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/organisations/{id}/members/{user}",
    operation_id = "removeMember",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The organisation."), ("user" = Uuid, Path, description = "The user.")),
    responses((status = 204, description = "The user is no member any more."))
)]
pub(super) async fn remove_member(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersManage>,
    Path((organisation, user)): Path<(Uuid, Uuid)>,
) -> Result<NoContent, Problem> {
    identity.remove_member(&identity.rows(&caller), organisation, user).await?;
    Ok(NoContent)
}
