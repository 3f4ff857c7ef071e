//! `GET /api/v1/context/sessions/{id}/suggestions`

use axum::extract::State;
use banyan_http::{Language, Localized, Paged, Paging, Path, Problem, Query, SignedIn, Tenant, Validate};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{ContextSuggestion, Reader};
use crate::App;
use crate::error::ContextError;
use crate::model::SuggestionState;
use crate::store::{preferences, sessions, suggestions, tastes};

/// Which suggestions to show.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// `open` if it is left out.
    #[param(inline)]
    state: Option<SuggestionState>,
}

impl Validate for Which {}

/// Lists suggestions of a session, those first that the caller is likely to take; what the caller's preferences leave out is not there. Of
/// those that are over the latest 200.
#[utoipa::path(
    get,
    path = "/api/v1/context/sessions/{id}/suggestions",
    operation_id = "listContextSuggestions",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session."), Which, Paging),
    responses((status = 200, description = "A page of suggestions.", body = Paged<ContextSuggestion>))
)]
pub(crate) async fn list_context_suggestions(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    tenant: Tenant,
    language: Language,
    Path(id): Path<Uuid>,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Localized<Paged<ContextSuggestion>>, Problem> {
    paging.ordered_by::<()>(&[])?;
    let user = caller.require_user()?;
    let state = which.state.unwrap_or(SuggestionState::Open);
    let rows = app.store.bind(&caller);
    let read = rows.read(move |tx| async move {
        sessions::visible(&tx, id).await?;
        let rows = suggestions::list(&tx, id, state).await?;
        let wanted = preferences::in_session(&tx, user, id).await?;
        Ok::<_, ContextError>((rows, wanted, tastes::of_person(&tx, user).await?))
    });
    let (rows, wanted, tastes) = read.await?;
    let reader = Reader { app: &app, tenant: &tenant, language };
    let shown = rows
        .into_iter()
        .filter(|row| wanted.suggestions && row.score >= wanted.least_score && !wanted.muted_kinds.contains(&row.kind));
    let mut shown: Vec<ContextSuggestion> = shown.map(|row| ContextSuggestion::of(row, reader.messages(), &tastes)).collect();
    shown.sort_by(|a, b| b.rank.total_cmp(&a.rank).then_with(|| b.id.cmp(&a.id)));
    Ok(Localized(language.0, paging.cut(shown.into_iter())))
}
