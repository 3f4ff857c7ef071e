//! `POST /api/v1/auth/invitations/accept`

use banyan_http::{Body, Check, Json, Problem, Validate};
use banyan_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Admission, Unkept};
use crate::Identity;
use crate::api::fields;
use crate::visit::Visit;

/// The mail's secret, and how the person wants to come in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Acceptance {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    token: Secret<String>,
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    password: Secret<String>,
    /// Left out, it is the name of the invitation.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
}

impl Validate for Acceptance {
    fn validate(&self, check: &mut Check) {
        fields::secret(check, "token", self.token.expose());
        fields::new_password(check, "password", self.password.expose());
        if let Some(name) = &self.name {
            fields::name(check, name);
        }
    }
}

/// Accepts an invitation: sets a password and lets the person in. The address counts as confirmed.
#[utoipa::path(
    post,
    path = "/api/v1/auth/invitations/accept",
    operation_id = "acceptInvitation",
    tag = "authentication",
    security(()),
    request_body = Acceptance,
    responses(
        (status = 200, description = "Tokens.", body = Admission),
        (status = 409, description = "The address got an account in another way."),
        (status = 422, description = "The invitation was accepted or taken back or has expired, or the password is too weak.")
    )
)]
pub(super) async fn accept_invitation(
    identity: Identity,
    visit: Visit,
    Body(sent): Body<Acceptance>,
) -> Result<Unkept<Json<Admission>>, Problem> {
    let name = sent.name.as_deref().map(str::trim);
    let welcome = identity.accept_invitation(&visit, sent.token.expose(), sent.password.expose(), name).await?;
    Ok(Admission::of(welcome))
}
