//! `DELETE /api/v1/users/erasure`

use banyan_http::{NoContent, Problem, SignedIn};

use crate::Identity;

/// Takes back that the caller's account is to be erased. Who never asked for it stays, too.
#[utoipa::path(
    delete,
    path = "/api/v1/users/erasure",
    operation_id = "withdrawErasure",
    tag = "users",
    responses((status = 204, description = "The account stays."))
)]
pub(super) async fn withdraw_erasure(identity: Identity, SignedIn(caller): SignedIn) -> Result<NoContent, Problem> {
    identity.stay(&caller).await?;
    Ok(NoContent)
}
