//! `GET /api/v1/users/erasure`

use banyan_http::{Json, Problem, SignedIn};

use super::Erasure;
use crate::Identity;

/// Says whether, and when, the caller's account goes.
#[utoipa::path(
    get,
    path = "/api/v1/users/erasure",
    operation_id = "getErasure",
    tag = "users",
    responses((status = 200, description = "When the account goes.", body = Erasure))
)]
pub(super) async fn get_erasure(identity: Identity, SignedIn(caller): SignedIn) -> Result<Json<Erasure>, Problem> {
    Ok(Json(Erasure { erases_at: identity.leaves_at(&caller).await? }))
}
