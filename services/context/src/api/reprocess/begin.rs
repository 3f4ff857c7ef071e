//! `POST /api/v1/context/reprocess`

use axum::extract::State;
use banyan_http::{Created, Once, Problem, SignedIn, Validate};
use banyan_kernel::{Permission, Uuid};
use banyan_store::audit::Record;
use serde::Deserialize;
use utoipa::ToSchema;

use super::ContextReprocessing;
use crate::App;
use crate::error::ContextError;
use crate::model::Role;
use crate::store::{runs, sessions};

/// What is to be looked at.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"sessionId": "01941f29-7c00-7000-8000-000000000021"}))]
pub(crate) struct NewContextReprocessing {
    /// One of the caller's own sessions; all of the tenant, for those who run its background work, if it is left out.
    session_id: Option<Uuid>,
}

impl Validate for NewContextReprocessing {}

/// Has the engine look at everything again, in the background: after another model has come, or to be sure.
#[utoipa::path(
    post,
    path = "/api/v1/context/reprocess",
    operation_id = "reprocessContext",
    tag = "context",
    request_body = NewContextReprocessing,
    responses((status = 201, description = "It will be done.", body = ContextReprocessing))
)]
pub(crate) async fn reprocess_context(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Once { key, body }: Once<NewContextReprocessing>,
) -> Result<Created<ContextReprocessing>, Problem> {
    let user = caller.require_user()?;
    if body.session_id.is_none() {
        caller.require(Permission::BackgroundManage)?;
    }
    let session = body.session_id;
    let rows = app.store.bind(&caller);
    let asked = rows.write_once(key.as_ref(), move |tx| async move {
        match session {
            Some(session) => drop(sessions::require(&tx, session, |role| role == Role::Owner).await?),
            None => tx.audit(Record::new("context.reprocessed")),
        }
        Ok::<_, ContextError>(ContextReprocessing::from(runs::ask(&tx, user, session).await?))
    });
    let asked = asked.await?;
    Ok(Created::at(format!("/api/v1/context/reprocess/{}", asked.id), asked))
}
