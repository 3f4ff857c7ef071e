//! `PATCH /api/v1/context/sessions/{id}`

use axum::extract::State;
use banyan_http::{Body, Check, Path, Preconditions, Problem, SignedIn, Tagged, Validate, nullable, present};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ContextSession, For, change};
use crate::App;
use crate::error::ContextError;
use crate::model;
use crate::store::sessions;

/// What is to be different. What is left out stays; `null` clears.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"title": "Move to Bandung"}))]
pub(crate) struct ContextSessionChanges {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 200)]
    title: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 5000)]
    description: Option<Option<String>>,
}

impl Validate for ContextSessionChanges {
    fn validate(&self, check: &mut Check) {
        check.line("title", &self.title).not_blank().length(1, 200).any();
        check.text("description", self.description.as_ref().unwrap_or(&None)).length(0, 5000).any();
    }
}

/// Changes a session, for those who may write. `If-Match` with the tag that was read keeps two editors from overwriting one another.
#[utoipa::path(
    patch,
    path = "/api/v1/context/sessions/{id}",
    operation_id = "updateContextSession",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session."), ("If-Match" = Option<String>, Header, description = "The tag that was read.")),
    request_body = ContextSessionChanges,
    responses(
        (status = 200, description = "The session as it is now.", body = ContextSession),
        (status = 409, description = "The session is put away or over.")
    )
)]
pub(crate) async fn update_context_session(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
    Body(changes): Body<ContextSessionChanges>,
) -> Result<Tagged<ContextSession>, Problem> {
    let changes = &changes;
    let apply = move |tx, before: crate::entity::session::Model| async move {
        match before.state {
            model::State::Active => {}
            model::State::Archived => return Err(ContextError::Conflict("context-session-archived")),
            model::State::Ended => return Err(ContextError::Conflict("context-session-ended")),
        }
        let mut after = before.clone();
        after.title = changes.title.clone().unwrap_or(after.title);
        after.description = changes.description.clone().unwrap_or(after.description);
        sessions::save(&tx, &before, after, "session.updated").await
    };
    change(&app, &caller, id, &preconditions, For::Writers, apply).await
}
