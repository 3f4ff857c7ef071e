//! `POST /api/v1/auth/refresh`

use banyan_http::{Body, Check, Json, Problem, Validate};
use banyan_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Admission, Unkept};
use crate::Identity;
use crate::api::fields;
use crate::visit::Visit;

/// The refresh token that came last.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RefreshRequest {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    refresh_token: Secret<String>,
}

impl Validate for RefreshRequest {
    fn validate(&self, check: &mut Check) {
        fields::secret(check, "refreshToken", self.refresh_token.expose());
    }
}

/// Gives new tokens for a refresh token, which is then used up.
///
/// Whoever repeats the call within 10 seconds, because the answer was lost, is given the same refresh token. A used one that comes
/// later is taken for stolen: its session ends.
#[utoipa::path(
    post,
    path = "/api/v1/auth/refresh",
    operation_id = "refreshTokens",
    tag = "authentication",
    security(()),
    request_body = RefreshRequest,
    responses(
        (status = 200, description = "New tokens.", body = Admission),
        (status = 401, description = "The refresh token counts no longer: log in again.")
    )
)]
pub(super) async fn refresh(
    identity: Identity,
    visit: Visit,
    Body(request): Body<RefreshRequest>,
) -> Result<Unkept<Json<Admission>>, Problem> {
    let welcome = identity.refresh(&visit, request.refresh_token.expose()).await?;
    Ok(Admission::of(welcome))
}
