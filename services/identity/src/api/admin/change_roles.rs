//! `PUT /api/v1/admin/users/{id}/roles`

use banyan_http::{Allowed, Body, Check, Json, Path, Problem, Validate, permit};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Identity;
use crate::api::fields;
use crate::managing::manager;
use crate::view::{RoleName, UserView, roles};

/// All roles that the user is to hold.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"roles": ["user", "coach"]}))]
pub(super) struct RolesChange {
    #[schema(min_items = 1, max_items = 7)]
    roles: Vec<RoleName>,
}

impl Validate for RolesChange {
    fn validate(&self, check: &mut Check) {
        fields::roles(check, &self.roles);
    }
}

/// Replaces the roles of a user. They count at once: the user's access tokens must be renewed.
///
/// Only an owner appoints and removes admins and owners; nobody changes their own roles; the last owner stays.
#[utoipa::path(
    put,
    path = "/api/v1/admin/users/{id}/roles",
    operation_id = "changeRoles",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The user.")),
    request_body = RolesChange,
    responses((status = 200, description = "The user as it is now.", body = UserView))
)]
pub(super) async fn change_roles(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::RolesManage>,
    Path(id): Path<Uuid>,
    Body(change): Body<RolesChange>,
) -> Result<Json<UserView>, Problem> {
    let rows = identity.rows(&caller);
    let person = identity.change_roles(&rows, manager(&caller)?, id, roles(&change.roles)).await?;
    Ok(Json(person.into()))
}
