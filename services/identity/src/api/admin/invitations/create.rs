//! `POST /api/v1/admin/invitations`

use banyan_http::{Allowed, Check, Created, Language, Once, Problem, Validate, permit};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::accounts::newcomer;
use crate::api::fields;
use crate::email::Email;
use crate::managing::{Newcomer, manager};
use crate::view::{InvitationView, RoleName, roles};
use crate::{Identity, IdentityError};

/// Whom to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"email": "dewi@example.org", "name": "Dewi Anggraini", "roles": ["user", "coach"]}))]
pub(super) struct NewInvitation {
    #[schema(format = Email, max_length = 254)]
    email: String,
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// `user` alone if they are left out. Only an owner appoints admins and owners.
    #[schema(min_items = 1, max_items = 7)]
    roles: Option<Vec<RoleName>>,
    /// The organisation that the person will be a member of.
    organisation_id: Option<Uuid>,
}

impl Validate for NewInvitation {
    fn validate(&self, check: &mut Check) {
        fields::email(check, &self.email);
        if let Some(name) = &self.name {
            fields::name(check, name);
        }
        if let Some(roles) = &self.roles {
            fields::roles(check, roles);
        }
    }
}

/// Invites somebody who has no account. The account begins when the invitation is accepted, within seven days.
#[utoipa::path(
    post,
    path = "/api/v1/admin/invitations",
    operation_id = "createInvitation",
    tag = "administration",
    request_body = NewInvitation,
    responses(
        (status = 201, description = "The invitation.", body = InvitationView),
        (status = 409, description = "The address has an account, or an invitation that is open.")
    )
)]
pub(super) async fn create_invitation(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersManage>,
    Language(locale): Language,
    Once { key, body }: Once<NewInvitation>,
) -> Result<Created<InvitationView>, Problem> {
    let email = Email::parse(&body.email).map_err(IdentityError::from)?;
    let roles = body.roles.as_deref().map_or_else(newcomer, roles);
    let name = body.name.as_deref().unwrap_or_default().trim();
    let new = Newcomer { email: &email, name, roles, locale: locale.tag() };
    let rows = identity.rows(&caller);
    let invitation = identity.invite(&rows, manager(&caller)?, key.as_ref(), &new, body.organisation_id).await?;
    Ok(Created::at(format!("/api/v1/admin/invitations/{}", invitation.id), invitation))
}
