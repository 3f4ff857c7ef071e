//! `POST /internal/methods/context/{name}`: what people call by their realtime connection (`rpc("context.changes", …)`). Not for requests from outside.

use axum::extract::State;
use axum::routing::post;
use banyan_contracts::realtime::{CONTEXT, method_path};
use banyan_http::{Body, Check, Document, Json, Problem, SignedIn, Validate};
use banyan_kernel::Uuid;
use banyan_store::idempotency::IdempotencyKey;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::sessions::act::{ContextActionTold, NewContextAction, tell};
use super::sessions::changes::{After, ContextChanges, missed};
use crate::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    // Not `routes!`: what is not documented has no path that the door knows.
    OpenApiRouter::new()
        .route(&method_path(CONTEXT, "changes"), post(call_changes))
        .route(&method_path(CONTEXT, "act"), post(call_act))
}

/// As [`After`].
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChangesWanted {
    session_id: Uuid,
    after: Option<i64>,
    limit: Option<i64>,
}

impl ChangesWanted {
    fn after(&self) -> After {
        After { after: self.after, limit: self.limit }
    }
}

impl Validate for ChangesWanted {
    fn validate(&self, check: &mut Check) {
        self.after().validate(check);
    }
}

/// As `GET …/{id}/changes`.
async fn call_changes(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Body(wanted): Body<ChangesWanted>,
) -> Result<Json<ContextChanges>, Problem> {
    missed(&app, &caller, wanted.session_id, &wanted.after()).await.map(Json)
}

/// As [`NewContextAction`].
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ActionDone {
    session_id: Uuid,
    action: String,
    #[serde(default)]
    #[schema(value_type = Object)]
    detail: Document,
    /// Of those with the same id one counts, as by `Idempotency-Key`: a client whose line is cut says it again.
    id: Option<Uuid>,
}

impl ActionDone {
    fn action(&self) -> NewContextAction {
        NewContextAction { action: self.action.clone(), detail: self.detail.clone() }
    }

    fn key(&self) -> Option<IdempotencyKey> {
        let said: Value = json!([self.session_id, self.action, self.detail.0]);
        self.id.map(|id| IdempotencyKey::new(&id.to_string(), "context.act", said.to_string().as_bytes()))
    }
}

impl Validate for ActionDone {
    fn validate(&self, check: &mut Check) {
        self.action().validate(check);
    }
}

/// As `POST …/{id}/actions`.
async fn call_act(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Body(done): Body<ActionDone>,
) -> Result<Json<ContextActionTold>, Problem> {
    tell(&app, &caller, done.session_id, done.key().as_ref(), &done.action()).await.map(Json)
}
