//! `POST /api/v1/context/sessions`

use axum::extract::State;
use banyan_http::{Check, Created, Once, Problem, SignedIn, Validate};
use serde::Deserialize;
use utoipa::ToSchema;

use super::ContextSession;
use crate::App;
use crate::error::ContextError;
use crate::model::Role;
use crate::store::sessions;

/// What a session is about.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"title": "Move to the new office"}))]
pub(crate) struct NewContextSession {
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    #[schema(max_length = 5000)]
    description: Option<String>,
}

impl Validate for NewContextSession {
    fn validate(&self, check: &mut Check) {
        check.line("title", &self.title).not_blank().length(1, 200).any();
        check.text("description", &self.description).length(0, 5000).any();
    }
}

/// Begins a session. The caller owns it, and nobody else knows of it until they are let in.
#[utoipa::path(
    post,
    path = "/api/v1/context/sessions",
    operation_id = "createContextSession",
    tag = "context",
    request_body = NewContextSession,
    responses(
        (status = 201, description = "The new session.", body = ContextSession),
        (status = 409, description = "The caller owns a thousand sessions.")
    )
)]
pub(crate) async fn create_context_session(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Once { key, body }: Once<NewContextSession>,
) -> Result<Created<ContextSession>, Problem> {
    let user = caller.require_user()?;
    let (rows, body) = (app.store.bind(&caller), &body);
    let made = rows.write_once(key.as_ref(), move |tx| async move {
        let session = sessions::create(&tx, user, &body.title, body.description.as_deref()).await?;
        Ok::<_, ContextError>(ContextSession::of(session, Role::Owner))
    });
    let made = made.await?;
    Ok(Created::at(format!("/api/v1/context/sessions/{}", made.id), made))
}
