//! `GET /api/v1/context/preferences`

use axum::extract::State;
use banyan_http::{Problem, SignedIn, Tagged};

use super::{ContextPreferencesSheet, read};
use crate::App;

/// Reads what the caller wants of the engine everywhere.
#[utoipa::path(
    get,
    path = "/api/v1/context/preferences",
    operation_id = "getContextPreferences",
    tag = "context",
    responses((status = 200, description = "What counts now.", body = ContextPreferencesSheet))
)]
pub(crate) async fn get_context_preferences(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
) -> Result<Tagged<ContextPreferencesSheet>, Problem> {
    read(&app, &caller, None).await
}
