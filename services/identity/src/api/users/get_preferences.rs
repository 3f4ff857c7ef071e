//! `GET /api/v1/users/preferences`

use banyan_http::{Json, Problem, SignedIn};

use super::Preferences;
use crate::Identity;

/// Gives what the caller chose.
#[utoipa::path(
    get,
    path = "/api/v1/users/preferences",
    operation_id = "getPreferences",
    tag = "users",
    responses((status = 200, description = "The preferences.", body = Preferences))
)]
pub(super) async fn get_preferences(identity: Identity, SignedIn(caller): SignedIn) -> Result<Json<Preferences>, Problem> {
    let (person, notifications) = identity.preferences(&caller).await?;
    Ok(Json(Preferences::of(person, notifications)))
}
