//! `PUT /api/v1/context/preferences`

use axum::extract::State;
use banyan_http::{Body, Preconditions, Problem, SignedIn, Tagged};

use super::{ContextPreferencesSheet, write};
use crate::App;
use crate::store::preferences::Preferences;

/// Says what the caller wants of the engine everywhere; the whole of it.
#[utoipa::path(
    put,
    path = "/api/v1/context/preferences",
    operation_id = "putContextPreferences",
    tag = "context",
    request_body = Preferences,
    responses((status = 200, description = "What counts now.", body = ContextPreferencesSheet))
)]
pub(crate) async fn put_context_preferences(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Body(body): Body<Preferences>,
) -> Result<Tagged<ContextPreferencesSheet>, Problem> {
    write(&app, &caller, None, &preconditions, &body).await
}
