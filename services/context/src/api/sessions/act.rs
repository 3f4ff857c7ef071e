//! `POST /api/v1/context/sessions/{id}/actions`

use axum::extract::State;
use banyan_http::{Check, Created, Document, FieldError, Once, Path, Problem, SignedIn, Validate};
use banyan_kernel::{Caller, Uuid};
use banyan_store::idempotency::IdempotencyKey;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::App;
use crate::error::ContextError;
use crate::model::Told;
use crate::store::sessions;
use crate::store::steps::{self, Step};
use crate::words;

/// In bytes of JSON.
const LARGEST_DETAIL: i64 = 2 * 1024;

/// What a client says of its user.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"action": "opened-board", "detail": {"board": "plan"}}))]
pub(crate) struct NewContextAction {
    /// Lower-case letters, digits and hyphens, beginning with a letter.
    #[schema(min_length = 1, max_length = 50, pattern = "^[a-z][a-z0-9-]*$")]
    pub(in crate::api) action: String,
    /// An object, at most 2 KiB of JSON.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(in crate::api) detail: Document,
}

impl Validate for NewContextAction {
    fn validate(&self, check: &mut Check) {
        check.line("action", &self.action).length(1, 50).holds(words::is_slug, FieldError::pattern()).any();
        let is_object = matches!(self.detail.0, Value::Null | Value::Object(_));
        check.that(
            is_object && words::size(&self.detail.0) <= LARGEST_DETAIL,
            "detail",
            FieldError::new("too-large", "context-field-detail"),
        );
    }
}

/// The number under which it stands in the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"seq": 8}))]
pub(crate) struct ContextActionTold {
    seq: i64,
}

/// Tells all who take part what the caller does (`user_action`): it is in the timeline, and heard by who listens.
#[utoipa::path(
    post,
    path = "/api/v1/context/sessions/{id}/actions",
    operation_id = "tellContextAction",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session.")),
    request_body = NewContextAction,
    responses(
        (status = 201, description = "It is told.", body = ContextActionTold),
        (status = 409, description = "The session is put away or over.")
    )
)]
pub(crate) async fn tell_context_action(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
    Once { key, body }: Once<NewContextAction>,
) -> Result<Created<ContextActionTold>, Problem> {
    let told = tell(&app, &caller, id, key.as_ref(), &body).await?;
    Ok(Created::at(format!("/api/v1/context/sessions/{id}/timeline"), told))
}

/// Tells all who take part in a session what the caller does.
pub(in crate::api) async fn tell(
    app: &App,
    caller: &Caller,
    id: Uuid,
    once: Option<&IdempotencyKey>,
    body: &NewContextAction,
) -> Result<ContextActionTold, Problem> {
    let rows = app.store.bind(caller);
    let told = rows.write_once(once, move |tx| async move {
        sessions::in_use(&tx, id).await?;
        let action = format!("user.{}", body.action);
        let detail = if body.detail.0.is_null() { serde_json::json!({}) } else { body.detail.0.clone() };
        let seq = steps::step(&tx, id, Step { event: Told::Action, action: &action, object: None, detail, told: None }).await?;
        Ok::<_, ContextError>(ContextActionTold { seq })
    });
    Ok(told.await?)
}
