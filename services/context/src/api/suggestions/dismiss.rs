//! `POST /api/v1/context/sessions/{id}/suggestions/{suggestionId}/dismiss`

use axum::extract::State;
use banyan_http::{Body, Check, Json, Language, Localized, Path, Problem, SignedIn, Tenant, Validate};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ContextSuggestion, Reader};
use crate::App;
use crate::model::SuggestionState;

/// Why not.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"reason": "It is in the calendar already."}))]
pub(crate) struct ContextDismissal {
    #[schema(max_length = 500)]
    reason: Option<String>,
}

impl Validate for ContextDismissal {
    fn validate(&self, check: &mut Check) {
        check.text("reason", &self.reason).length(0, 500).any();
    }
}

/// Refuses a suggestion, for those who may write: it is not made again, and the caller sees this kind later. Saying so twice is saying it once.
#[utoipa::path(
    post,
    path = "/api/v1/context/sessions/{id}/suggestions/{suggestionId}/dismiss",
    operation_id = "dismissContextSuggestion",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session."), ("suggestionId" = Uuid, Path, description = "The suggestion.")),
    request_body = ContextDismissal,
    responses(
        (status = 200, description = "The suggestion as it is now.", body = ContextSuggestion),
        (status = 409, description = "It was answered otherwise or has expired; or the session is put away or over.")
    )
)]
pub(crate) async fn dismiss_context_suggestion(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    tenant: Tenant,
    language: Language,
    Path(which): Path<(Uuid, Uuid)>,
    Body(body): Body<ContextDismissal>,
) -> Result<Localized<Json<ContextSuggestion>>, Problem> {
    let reader = Reader { app: &app, tenant: &tenant, language };
    reader.answer(&caller, which, SuggestionState::Dismissed, body.reason.as_deref()).await
}
