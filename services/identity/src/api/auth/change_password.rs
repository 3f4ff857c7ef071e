//! `POST /api/v1/auth/password/change`

use banyan_http::{Body, Check, NoContent, Problem, SignedIn, Validate};
use banyan_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Identity;
use crate::api::fields;

/// The password that is, and the one that is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PasswordChange {
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
    current_password: Secret<String>,
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    password: Secret<String>,
}

impl Validate for PasswordChange {
    fn validate(&self, check: &mut Check) {
        fields::password(check, "currentPassword", self.current_password.expose());
        fields::new_password(check, "password", self.password.expose());
    }
}

/// Changes the caller's password. All other sessions end.
#[utoipa::path(
    post,
    path = "/api/v1/auth/password/change",
    operation_id = "changePassword",
    tag = "authentication",
    request_body = PasswordChange,
    responses(
        (status = 204, description = "The password is changed."),
        (status = 401, description = "Nobody is signed in, or the present password is another one."),
        (status = 422, description = "The new password is too weak."),
        (status = 429, description = "Too many failed attempts; `Retry-After` says for how long.")
    )
)]
pub(super) async fn change_password(
    identity: Identity,
    SignedIn(caller): SignedIn,
    Body(change): Body<PasswordChange>,
) -> Result<NoContent, Problem> {
    identity.change_password(&caller, change.current_password.expose(), change.password.expose()).await?;
    Ok(NoContent)
}
