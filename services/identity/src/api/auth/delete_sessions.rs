//! `DELETE /api/v1/auth/sessions`

use banyan_http::{NoContent, Problem, SignedIn};

use crate::Identity;

/// Ends all of the caller's sessions but the one that asks.
#[utoipa::path(
    delete,
    path = "/api/v1/auth/sessions",
    operation_id = "endOtherSessions",
    tag = "authentication",
    responses((status = 204, description = "The other sessions have ended."))
)]
pub(super) async fn delete_sessions(identity: Identity, SignedIn(caller): SignedIn) -> Result<NoContent, Problem> {
    identity.end_other_sessions(&caller).await?;
    Ok(NoContent)
}
