//! `POST /api/v1/auth/login`

use banyan_http::{Body, Check, Json, Problem, Validate};
use banyan_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Admission, Unkept};
use crate::Identity;
use crate::api::fields;
use crate::visit::Visit;

/// Who somebody says they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"email": "maya@example.org", "password": "hujan di bulan juni"}))]
pub(super) struct Credentials {
    #[schema(min_length = 1, max_length = 254)]
    email: String,
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
    password: Secret<String>,
}

impl Validate for Credentials {
    fn validate(&self, check: &mut Check) {
        check.line("email", &self.email).length(1, 254).any();
        fields::password(check, "password", self.password.expose());
    }
}

/// Lets somebody in by e-mail and password.
///
/// Whatever is wrong, the answer is the same. After five failures the account is locked for a while that doubles with each further
/// one, up to 15 minutes.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    operation_id = "logIn",
    tag = "authentication",
    security(()),
    request_body = Credentials,
    responses(
        (status = 200, description = "Tokens.", body = Admission),
        (status = 401, description = "E-mail or password is wrong."),
        (status = 429, description = "Too many failed attempts; `Retry-After` says for how long.")
    )
)]
pub(super) async fn log_in(
    identity: Identity,
    visit: Visit,
    Body(who): Body<Credentials>,
) -> Result<Unkept<Json<Admission>>, Problem> {
    let welcome = identity.log_in(&visit, &who.email, who.password.expose()).await?;
    Ok(Admission::of(welcome))
}
