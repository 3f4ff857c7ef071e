//! `POST /api/v1/auth/register`

use banyan_http::{Body, Check, Created, Problem, Validate};
use banyan_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Admission, Unkept, unkept};
use crate::Identity;
use crate::api::fields;
use crate::visit::Visit;

/// Who wants an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"email": "maya@example.org", "password": "hujan di bulan juni", "name": "Maya Hartono"}))]
pub(super) struct Registration {
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// Not a well-known one, not a sequence, not made of name or address.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    password: Secret<String>,
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

impl Validate for Registration {
    fn validate(&self, check: &mut Check) {
        fields::email(check, &self.email);
        fields::new_password(check, "password", self.password.expose());
        fields::name(check, &self.name);
    }
}

/// Makes an account and lets its person in. A mail asks to confirm the address.
#[utoipa::path(
    post,
    path = "/api/v1/auth/register",
    operation_id = "register",
    tag = "authentication",
    security(()),
    request_body = Registration,
    responses(
        (status = 201, description = "The account, and tokens for it.", body = Admission),
        (status = 403, description = "This tenant is joined by invitation."),
        (status = 409, description = "The address has an account already.")
    )
)]
pub(super) async fn register(
    identity: Identity,
    visit: Visit,
    Body(new): Body<Registration>,
) -> Result<Unkept<Created<Admission>>, Problem> {
    let welcome = identity.register(&visit, &new.email, new.password.expose(), new.name.trim()).await?;
    Ok(unkept(Created::at("/api/v1/users/profile", welcome.into())))
}
