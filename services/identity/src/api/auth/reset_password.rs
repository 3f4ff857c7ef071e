//! `POST /api/v1/auth/password/reset`

use banyan_http::{Body, Check, NoContent, Problem, Validate};
use banyan_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Identity;
use crate::api::fields;
use crate::visit::Visit;

/// The mail's secret and the password that is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PasswordReset {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    token: Secret<String>,
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    password: Secret<String>,
}

impl Validate for PasswordReset {
    fn validate(&self, check: &mut Check) {
        fields::secret(check, "token", self.token.expose());
        fields::new_password(check, "password", self.password.expose());
    }
}

/// Sets another password by the secret of a mail. All sessions of the account end.
#[utoipa::path(
    post,
    path = "/api/v1/auth/password/reset",
    operation_id = "resetPassword",
    tag = "authentication",
    security(()),
    request_body = PasswordReset,
    responses(
        (status = 204, description = "The password is set: log in with it."),
        (status = 422, description = "The secret was used or has expired, or the password is too weak.")
    )
)]
pub(super) async fn reset_password(
    identity: Identity,
    visit: Visit,
    Body(reset): Body<PasswordReset>,
) -> Result<NoContent, Problem> {
    identity.reset_password(&visit, reset.token.expose(), reset.password.expose()).await?;
    Ok(NoContent)
}
