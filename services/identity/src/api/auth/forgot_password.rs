//! `POST /api/v1/auth/password/forgot`

use banyan_http::{Body, Check, Problem, Validate};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Identity;
use crate::api::fields;
use crate::visit::Visit;

/// Whose password is forgotten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ForgottenPassword {
    #[schema(format = Email, max_length = 254, example = "maya@example.org")]
    email: String,
}

impl Validate for ForgottenPassword {
    fn validate(&self, check: &mut Check) {
        fields::email(check, &self.email);
    }
}

/// Sends a mail by which another password can be set. The answer is the same whether the address has an account or not.
#[utoipa::path(
    post,
    path = "/api/v1/auth/password/forgot",
    operation_id = "forgotPassword",
    tag = "authentication",
    security(()),
    request_body = ForgottenPassword,
    responses((status = 202, description = "If the address has an account, a mail is on its way."))
)]
pub(super) async fn forgot_password(
    identity: Identity,
    visit: Visit,
    Body(who): Body<ForgottenPassword>,
) -> Result<StatusCode, Problem> {
    identity.forgot_password(&visit, &who.email).await?;
    Ok(StatusCode::ACCEPTED)
}
