//! `POST /api/v1/admin/service-accounts`

use banyan_http::{Allowed, Check, Created, Once, Problem, Validate, permit};
use banyan_kernel::{Role, Roles, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Identity;
use crate::api::fields;
use crate::managing::manager;
use crate::view::{RoleName, UserView, roles};

/// The program to let in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "Nightly export", "roles": ["service", "analyst"]}))]
pub(super) struct NewServiceAccount {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// `service` alone if they are left out.
    #[schema(min_items = 1, max_items = 7)]
    roles: Option<Vec<RoleName>>,
}

impl Validate for NewServiceAccount {
    fn validate(&self, check: &mut Check) {
        fields::name(check, &self.name);
        if let Some(roles) = &self.roles {
            fields::roles(check, roles);
        }
    }
}

/// A program's account, with its secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceAccount {
    user: UserView,
    client_id: Uuid,
    /// Shown here and never again.
    client_secret: String,
}

/// Makes an account for a program. It asks for tokens at `/api/v1/auth/token`.
#[utoipa::path(
    post,
    path = "/api/v1/admin/service-accounts",
    operation_id = "createServiceAccount",
    tag = "administration",
    request_body = NewServiceAccount,
    responses((status = 201, description = "The account and its secret.", body = ServiceAccount))
)]
pub(super) async fn create_service_account(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersManage>,
    Once { key, body }: Once<NewServiceAccount>,
) -> Result<Created<ServiceAccount>, Problem> {
    let roles = body.roles.as_deref().map_or(Roles::NONE.with(Role::Service), roles);
    let rows = identity.rows(&caller);
    let made = identity.add_service_account(&rows, manager(&caller)?, key.as_ref(), body.name.trim(), roles);
    let (user, client_secret) = made.await?;
    let location = format!("/api/v1/admin/users/{}", user.id);
    Ok(Created::at(location, ServiceAccount { client_id: user.id, user, client_secret }))
}
