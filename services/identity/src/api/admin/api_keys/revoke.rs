//! `DELETE /api/v1/admin/keys/{id}`

use banyan_http::{Allowed, NoContent, Path, Problem, permit};
use banyan_kernel::Uuid;

use crate::Identity;

/// Takes an API key of anybody in the tenant away. It counts no longer, everywhere within a second.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/keys/{id}",
    operation_id = "revokeAnyApiKey",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The key.")),
    responses((status = 204, description = "The key counts no longer."))
)]
pub(super) async fn revoke_any_api_key(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::KeysManage>,
    Path(id): Path<Uuid>,
) -> Result<NoContent, Problem> {
    identity.revoke_api_key(&identity.rows(&caller), id).await?;
    Ok(NoContent)
}
