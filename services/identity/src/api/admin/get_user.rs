//! `GET /api/v1/admin/users/{id}`

use banyan_http::{Allowed, Path, Preconditions, Problem, Tagged, permit};
use banyan_kernel::Uuid;

use crate::Identity;
use crate::view::{UserView, tag};

/// Gives a user of the tenant.
#[utoipa::path(
    get,
    path = "/api/v1/admin/users/{id}",
    operation_id = "getUser",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The user."), ("If-None-Match" = Option<String>, Header, description = "The tag of the copy at hand.")),
    responses((status = 200, description = "The user.", body = UserView))
)]
pub(super) async fn get_user(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersRead>,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<UserView>, Problem> {
    let person = identity.find_person(&identity.rows(&caller), id).await?;
    Ok(preconditions.answer(tag(person.user.id, person.user.version), || UserView::from(person)))
}
