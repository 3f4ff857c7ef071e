//! `PUT /api/v1/admin/organisations/{id}/members/{user}`

use banyan_http::{Allowed, NoContent, Path, Problem, permit};
use banyan_kernel::Uuid;

use crate::Identity;

/// Makes a user of the tenant a member of an organisation. It counts at once: the user's access tokens must be renewed.
#[utoipa::path(
    put,
    path = "/api/v1/admin/organisations/{id}/members/{user}",
    operation_id = "addMember",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The organisation."), ("user" = Uuid, Path, description = "The user.")),
    responses((status = 204, description = "The user is a member."))
)]
pub(super) async fn add_member(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersManage>,
    Path((organisation, user)): Path<(Uuid, Uuid)>,
) -> Result<NoContent, Problem> {
    identity.add_member(&identity.rows(&caller), organisation, user).await?;
    Ok(NoContent)
}
