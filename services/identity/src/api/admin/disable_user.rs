//! `POST /api/v1/admin/users/{id}/disable`

use banyan_http::{Allowed, Json, Path, Problem, permit};
use banyan_kernel::Uuid;

use crate::Identity;
use crate::managing::manager;
use crate::model::Status;
use crate::view::UserView;

/// Disables an account. Its sessions and tokens end at once. Nobody disables themselves or the last owner.
#[utoipa::path(
    post,
    path = "/api/v1/admin/users/{id}/disable",
    operation_id = "disableUser",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The user.")),
    responses((status = 200, description = "The user as it is now.", body = UserView))
)]
pub(super) async fn disable_user(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersManage>,
    Path(id): Path<Uuid>,
) -> Result<Json<UserView>, Problem> {
    let person = identity.change_status(&identity.rows(&caller), manager(&caller)?, id, Status::Disabled).await?;
    Ok(Json(person.into()))
}
