//! `POST /api/v1/admin/users/{id}/enable`

use banyan_http::{Allowed, Json, Path, Problem, permit};
use banyan_kernel::Uuid;

use crate::Identity;
use crate::managing::manager;
use crate::model::Status;
use crate::view::UserView;

/// Lets a disabled account be used again. Its person logs in anew.
#[utoipa::path(
    post,
    path = "/api/v1/admin/users/{id}/enable",
    operation_id = "enableUser",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The user.")),
    responses((status = 200, description = "The user as it is now.", body = UserView))
)]
pub(super) async fn enable_user(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersManage>,
    Path(id): Path<Uuid>,
) -> Result<Json<UserView>, Problem> {
    let person = identity.change_status(&identity.rows(&caller), manager(&caller)?, id, Status::Active).await?;
    Ok(Json(person.into()))
}
