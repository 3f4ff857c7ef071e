//! `POST /api/v1/users/erasure`

use banyan_http::{Body, Check, Json, Problem, SignedIn, Validate};
use banyan_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Erasure;
use crate::Identity;
use crate::api::fields;

/// That it is really the person who asks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Farewell {
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
    password: Secret<String>,
}

impl Validate for Farewell {
    fn validate(&self, check: &mut Check) {
        fields::password(check, "password", self.password.expose());
    }
}

/// Asks for the caller's account to be erased, with all that is theirs in every service. It stays as it is for 14 days, in which this can be
/// taken back; then there is no way back. Asked again, it answers the same.
#[utoipa::path(
    post,
    path = "/api/v1/users/erasure",
    operation_id = "askErasure",
    tag = "users",
    request_body = Farewell,
    responses(
        (status = 200, description = "When the account goes.", body = Erasure),
        (status = 401, description = "Nobody is signed in, or the password is another one."),
        (status = 409, description = "The tenant would be left without an owner."),
        (status = 429, description = "Too many failed attempts; `Retry-After` says for how long.")
    )
)]
pub(super) async fn ask_erasure(
    identity: Identity,
    SignedIn(caller): SignedIn,
    Body(farewell): Body<Farewell>,
) -> Result<Json<Erasure>, Problem> {
    let erases_at = identity.ask_to_leave(&caller, farewell.password.expose()).await?;
    Ok(Json(Erasure { erases_at: Some(erases_at) }))
}
