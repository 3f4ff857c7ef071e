//! `PUT /api/v1/context/sessions/{id}/preferences`

use axum::extract::State;
use banyan_http::{Body, Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;

use super::{ContextPreferencesSheet, write};
use crate::App;
use crate::store::preferences::Preferences;

/// Says what the caller wants of the engine in one session; the whole of it.
#[utoipa::path(
    put,
    path = "/api/v1/context/sessions/{id}/preferences",
    operation_id = "putContextSessionPreferences",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session.")),
    request_body = Preferences,
    responses((status = 200, description = "What counts now.", body = ContextPreferencesSheet))
)]
pub(crate) async fn put_session_preferences(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
    Body(body): Body<Preferences>,
) -> Result<Tagged<ContextPreferencesSheet>, Problem> {
    write(&app, &caller, Some(id), &preconditions, &body).await
}
