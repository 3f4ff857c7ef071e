//! `POST /api/v1/context/sessions/{id}/suggestions/{suggestionId}/accept`

use axum::extract::State;
use banyan_http::{Json, Language, Localized, Path, Problem, SignedIn, Tenant};
use banyan_kernel::Uuid;

use super::{ContextSuggestion, Reader};
use crate::App;
use crate::model::SuggestionState;

/// Takes a suggestion, for those who may write. From here on the caller sees this kind earlier. Saying so twice is saying it once.
#[utoipa::path(
    post,
    path = "/api/v1/context/sessions/{id}/suggestions/{suggestionId}/accept",
    operation_id = "acceptContextSuggestion",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session."), ("suggestionId" = Uuid, Path, description = "The suggestion.")),
    responses(
        (status = 200, description = "The suggestion as it is now.", body = ContextSuggestion),
        (status = 409, description = "It was answered otherwise or has expired; or the session is put away or over.")
    )
)]
pub(crate) async fn accept_context_suggestion(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    tenant: Tenant,
    language: Language,
    Path(which): Path<(Uuid, Uuid)>,
) -> Result<Localized<Json<ContextSuggestion>>, Problem> {
    let reader = Reader { app: &app, tenant: &tenant, language };
    reader.answer(&caller, which, SuggestionState::Accepted, None).await
}
