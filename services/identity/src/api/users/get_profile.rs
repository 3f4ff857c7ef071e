//! `GET /api/v1/users/profile`

use banyan_http::{Preconditions, Problem, SignedIn, Tagged};

use crate::Identity;
use crate::view::{UserView, tag};

/// Gives the caller's profile.
#[utoipa::path(
    get,
    path = "/api/v1/users/profile",
    operation_id = "getProfile",
    tag = "users",
    params(("If-None-Match" = Option<String>, Header, description = "The tag of the copy at hand.")),
    responses((status = 200, description = "The profile.", body = UserView))
)]
pub(super) async fn get_profile(
    identity: Identity,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
) -> Result<Tagged<UserView>, Problem> {
    let person = identity.profile(&caller).await?;
    Ok(preconditions.answer(tag(person.user.id, person.user.version), || UserView::from(person)))
}
