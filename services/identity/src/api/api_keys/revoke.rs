//! `DELETE /api/v1/keys/{id}`

use banyan_http::{NoContent, Path, Problem, SignedIn};
use banyan_kernel::Uuid;

use crate::Identity;

/// Takes one of the caller's API keys away. It counts no longer, everywhere within a second. A key may take itself away.
#[utoipa::path(
    delete,
    path = "/api/v1/keys/{id}",
    operation_id = "revokeApiKey",
    tag = "API keys",
    params(("id" = Uuid, Path, description = "The key.")),
    responses((status = 204, description = "The key counts no longer."))
)]
pub(super) async fn revoke_api_key(
    identity: Identity,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<NoContent, Problem> {
    if caller.key() != Some(id) {
        caller.require_person()?;
    }
    let rows = identity.own_keys(&caller, id).await?;
    identity.revoke_api_key(&rows, id).await?;
    Ok(NoContent)
}
