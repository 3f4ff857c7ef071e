//! `DELETE /api/v1/admin/organisations/{id}`

use banyan_http::{Allowed, NoContent, Path, Problem, permit};
use banyan_kernel::Uuid;

use crate::Identity;

/// Deletes an organisation. Its members stay in the tenant.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/organisations/{id}",
    operation_id = "deleteOrganisation",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The organisation.")),
    responses((status = 204, description = "The organisation is gone."))
)]
pub(super) async fn delete_organisation(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersManage>,
    Path(id): Path<Uuid>,
) -> Result<NoContent, Problem> {
    identity.delete_organisation(&identity.rows(&caller), id).await?;
    Ok(NoContent)
}
