//! `GET /api/v1/context/sessions/{id}/preferences`

use axum::extract::State;
use banyan_http::{Path, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;

use super::{ContextPreferencesSheet, read};
use crate::App;

/// Reads what the caller wants of the engine in one session; where nothing was said there, what is wanted everywhere.
#[utoipa::path(
    get,
    path = "/api/v1/context/sessions/{id}/preferences",
    operation_id = "getContextSessionPreferences",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session.")),
    responses((status = 200, description = "What counts now.", body = ContextPreferencesSheet))
)]
pub(crate) async fn get_session_preferences(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Tagged<ContextPreferencesSheet>, Problem> {
    read(&app, &caller, Some(id)).await
}
