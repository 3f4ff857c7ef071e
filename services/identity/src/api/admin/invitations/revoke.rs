//! `DELETE /api/v1/admin/invitations/{id}`

use banyan_http::{Allowed, NoContent, Path, Problem, permit};
use banyan_kernel::Uuid;

use crate::Identity;

/// Takes an invitation back. What its mail carries opens nothing any more.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/invitations/{id}",
    operation_id = "revokeInvitation",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The invitation.")),
    responses(
        (status = 204, description = "The invitation is taken back."),
        (status = 409, description = "It was accepted already.")
    )
)]
pub(super) async fn revoke_invitation(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersManage>,
    Path(id): Path<Uuid>,
) -> Result<NoContent, Problem> {
    identity.revoke_invitation(&identity.rows(&caller), id).await?;
    Ok(NoContent)
}
