//! `POST /api/v1/admin/users`

use banyan_http::{Allowed, Check, Created, Language, Once, Problem, Validate, permit};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::accounts::newcomer;
use crate::api::fields;
use crate::email::Email;
use crate::managing::{Newcomer, manager};
use crate::view::{RoleName, UserView, roles};
use crate::{Identity, IdentityError};

/// Whom to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"email": "sam@example.org", "name": "Sam Whitfield"}))]
pub(super) struct NewUser {
    #[schema(format = Email, max_length = 254)]
    email: String,
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// `user` alone if they are left out. Only an owner appoints admins and owners.
    #[schema(min_items = 1, max_items = 7)]
    roles: Option<Vec<RoleName>>,
}

impl Validate for NewUser {
    fn validate(&self, check: &mut Check) {
        fields::email(check, &self.email);
        fields::name(check, &self.name);
        if let Some(roles) = &self.roles {
            fields::roles(check, roles);
        }
    }
}

/// Adds a user. A mail invites the person to set a password.
#[utoipa::path(
    post,
    path = "/api/v1/admin/users",
    operation_id = "createUser",
    tag = "administration",
    request_body = NewUser,
    responses(
        (status = 201, description = "The new user.", body = UserView),
        (status = 409, description = "The address has an account already.")
    )
)]
pub(super) async fn create_user(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersManage>,
    Language(locale): Language,
    Once { key, body }: Once<NewUser>,
) -> Result<Created<UserView>, Problem> {
    let email = Email::parse(&body.email).map_err(IdentityError::from)?;
    let roles = body.roles.as_deref().map_or_else(newcomer, roles);
    let new = Newcomer { email: &email, name: body.name.trim(), roles, locale: locale.tag() };
    let user = identity.add_person(&identity.rows(&caller), manager(&caller)?, key.as_ref(), &new).await?;
    Ok(Created::at(format!("/api/v1/admin/users/{}", user.id), user))
}
