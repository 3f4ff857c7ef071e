//! `GET /api/v1/context/sessions/{id}/suggestions/{suggestionId}`

use axum::extract::State;
use banyan_http::{Json, Language, Localized, Path, Problem, SignedIn, Tenant};
use banyan_kernel::Uuid;

use super::{ContextSuggestion, Reader};
use crate::App;
use crate::error::ContextError;
use crate::store::{suggestions, tastes};

/// Reads a suggestion: for a client that heard of it.
#[utoipa::path(
    get,
    path = "/api/v1/context/sessions/{id}/suggestions/{suggestionId}",
    operation_id = "getContextSuggestion",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session."), ("suggestionId" = Uuid, Path, description = "The suggestion.")),
    responses((status = 200, description = "The suggestion.", body = ContextSuggestion))
)]
pub(crate) async fn get_context_suggestion(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    tenant: Tenant,
    language: Language,
    Path((session, id)): Path<(Uuid, Uuid)>,
) -> Result<Localized<Json<ContextSuggestion>>, Problem> {
    let user = caller.require_user()?;
    let rows = app.store.bind(&caller);
    let read = rows.read(move |tx| async move {
        let row = suggestions::visible(&tx, session, id).await?;
        Ok::<_, ContextError>((row, tastes::of_person(&tx, user).await?))
    });
    let (row, tastes) = read.await?;
    let reader = Reader { app: &app, tenant: &tenant, language };
    Ok(Localized(language.0, Json(ContextSuggestion::of(row, reader.messages(), &tastes))))
}
