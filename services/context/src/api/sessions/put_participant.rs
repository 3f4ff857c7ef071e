//! `PUT /api/v1/context/sessions/{id}/participants/{userId}`

use axum::extract::State;
use banyan_http::{Body, Json, Path, Problem, SignedIn, Validate};
use banyan_kernel::{Caller, Uuid};
use banyan_store::audit::Record;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::ContextParticipant;
use crate::App;
use crate::entity::participant;
use crate::error::ContextError;
use crate::model::Role;
use crate::store::{participants, sessions};

/// In what way somebody takes part. There is one owner: naming another one hands the session over.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"role": "editor"}))]
pub(crate) struct ContextParticipation {
    #[schema(inline)]
    role: Role,
}

impl Validate for ContextParticipation {}

/// Lets somebody take part in a session of one's own, or in another way. Saying so twice changes nothing. A hundred people take part at most.
/// `owner` hands the session over to somebody who takes part already; the caller stays as an editor.
#[utoipa::path(
    put,
    path = "/api/v1/context/sessions/{id}/participants/{userId}",
    operation_id = "putContextParticipant",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session."), ("userId" = Uuid, Path, description = "The person.")),
    request_body = ContextParticipation,
    responses(
        (status = 200, description = "How that person takes part now.", body = ContextParticipant),
        (status = 409, description = "The person owns the session or, to be handed it over, takes no part; the session is put away or over; or a hundred people take part.")
    )
)]
pub(crate) async fn put_context_participant(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path((id, user)): Path<(Uuid, Uuid)>,
    Body(body): Body<ContextParticipation>,
) -> Result<Json<ContextParticipant>, Problem> {
    let (from, role) = (caller.require_user()?, body.role);
    let rows = app.store.bind(&caller);
    let put = rows.write(move |tx| async move {
        sessions::require(&tx, id, |role| role == Role::Owner).await?;
        sessions::in_use(&tx, id).await?;
        if role == Role::Owner {
            return Ok(None);
        }
        let row = participants::put(&tx, id, user, role).await?;
        tx.audit(Record::new("context.shared").subject(user).object("session", id).detail(json!({ "role": role })));
        Ok::<_, ContextError>(Some(row))
    });
    let row = match put.await? {
        Some(row) => row,
        None => hand_over(&app, &caller, id, from, user).await?,
    };
    Ok(Json(row.into()))
}

async fn hand_over(app: &App, caller: &Caller, id: Uuid, from: Uuid, to: Uuid) -> Result<participant::Model, ContextError> {
    let rows = app.store.system(caller.tenant);
    let handed = rows.write(move |tx| async move {
        let row = participants::hand_over(&tx, id, from, to).await?;
        tx.audit(Record::new("context.handed-over").subject(to).object("session", id).detail(json!({ "from": from })));
        Ok(row)
    });
    handed.await
}
