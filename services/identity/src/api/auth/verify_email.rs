//! `POST /api/v1/auth/verify-email`

use banyan_http::{Body, Check, NoContent, Problem, Validate};
use banyan_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Identity;
use crate::api::fields;
use crate::visit::Visit;

/// The mail's secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct EmailVerification {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    token: Secret<String>,
}

impl Validate for EmailVerification {
    fn validate(&self, check: &mut Check) {
        fields::secret(check, "token", self.token.expose());
    }
}

/// Shows by the secret of a mail that the address is the person's. It may be sent twice.
#[utoipa::path(
    post,
    path = "/api/v1/auth/verify-email",
    operation_id = "verifyEmail",
    tag = "authentication",
    security(()),
    request_body = EmailVerification,
    responses(
        (status = 204, description = "The address is the person's."),
        (status = 422, description = "The secret has expired or was never sent.")
    )
)]
pub(super) async fn verify_email(
    identity: Identity,
    visit: Visit,
    Body(sent): Body<EmailVerification>,
) -> Result<NoContent, Problem> {
    identity.verify_email(&visit, sent.token.expose()).await?;
    Ok(NoContent)
}
