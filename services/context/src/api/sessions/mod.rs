//! Sessions, who takes part in them, and what happens there.

pub(super) mod act;
mod archive;
pub(super) mod changes;
mod create;
mod end;
mod get;
mod list;
mod participants;
mod put_participant;
mod remove_participant;
mod reopen;
mod timeline;
mod update;

use banyan_http::{ETag, Preconditions, Problem, Tagged};
use banyan_kernel::{Caller, Timestamp, Uuid};
use banyan_store::Tx;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{moment, tag};
use crate::App;
use crate::entity::session::Model;
use crate::entity::{change, participant};
use crate::error::ContextError;
use crate::model::{Role, State, Told};
use crate::store;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_context_sessions, create::create_context_session))
        .routes(routes!(get::get_context_session, update::update_context_session))
        .routes(routes!(archive::archive_context_session))
        .routes(routes!(reopen::reopen_context_session))
        .routes(routes!(end::end_context_session))
        .routes(routes!(participants::list_context_participants))
        .routes(routes!(put_participant::put_context_participant, remove_participant::remove_context_participant))
        .routes(routes!(timeline::list_context_timeline))
        .routes(routes!(changes::list_context_changes))
        .routes(routes!(act::tell_context_action))
}

/// Where people keep what they know together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-000000000021", "title": "Move to the new office", "description": null, "state": "active",
    "role": "owner", "archivedAt": null, "endedAt": null, "createdAt": "2025-01-02T08:00:00Z",
    "updatedAt": "2025-01-02T08:00:00Z", "version": 1
}))]
pub(crate) struct ContextSession {
    pub(crate) id: Uuid,
    title: String,
    description: Option<String>,
    #[schema(inline)]
    state: State,
    #[schema(inline)]
    role: Role,
    #[schema(value_type = Option<String>, format = DateTime)]
    archived_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Rises with each change of the session itself; the entity tag rests on it.
    version: i64,
}

impl ContextSession {
    fn of(row: Model, role: Role) -> Self {
        Self {
            id: row.id,
            title: row.title,
            description: row.description,
            state: row.state,
            role,
            archived_at: row.archived_at.map(moment),
            ended_at: row.ended_at.map(moment),
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
            version: row.version,
        }
    }

    fn tag(&self) -> ETag {
        session_tag(self.id, self.version, self.role)
    }

    fn tagged(self) -> Tagged<Self> {
        Tagged::new(self.tag(), self)
    }
}

/// The answer also says the caller's role, so the tag does.
fn session_tag(id: Uuid, version: i64, role: Role) -> ETag {
    tag(id, version * 4 + role as i64)
}

/// Somebody who takes part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"userId": "01941f29-7c00-7000-8000-0000000000aa", "role": "editor", "joinedAt": "2025-01-02T08:00:00Z"}))]
pub(crate) struct ContextParticipant {
    user_id: Uuid,
    #[schema(inline)]
    role: Role,
    #[schema(value_type = String, format = DateTime)]
    joined_at: Timestamp,
}

impl From<participant::Model> for ContextParticipant {
    fn from(row: participant::Model) -> Self {
        Self { user_id: row.user_id, role: row.role, joined_at: moment(row.joined_at) }
    }
}

/// Something that happened in a session. It names things, and says nothing of what people wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "seq": 7, "event": "context_update", "action": "item.updated", "actorId": "01941f29-7c00-7000-8000-0000000000aa",
    "objectId": "01941f29-7c00-7000-8000-000000000022", "detail": {"kind": "note", "version": 2}, "at": "2025-01-02T08:00:00Z"
}))]
pub(crate) struct ContextChange {
    /// 1 for the first of a session, and one more each time: who misses a number has missed something.
    seq: i64,
    #[schema(inline)]
    event: Told,
    /// `item.updated`, `session.archived`, `suggestion.generated`, `participant.added`, …
    action: String,
    /// Who did it; `null` for the engine, and for somebody who was erased.
    actor_id: Option<Uuid>,
    /// What it happened to.
    object_id: Option<Uuid>,
    #[schema(value_type = Object)]
    detail: Value,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<change::Model> for ContextChange {
    fn from(row: change::Model) -> Self {
        Self {
            seq: row.seq,
            event: row.event,
            action: row.action,
            actor_id: row.actor_id,
            object_id: row.object_id,
            detail: row.detail,
            at: moment(row.created_at),
        }
    }
}

/// Whom a change of the session itself is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    Writers,
    TheOwner,
}

impl For {
    fn allows(self) -> fn(Role) -> bool {
        match self {
            Self::Writers => Role::may_write,
            Self::TheOwner => |role| role == Role::Owner,
        }
    }
}

/// Changes a session in one transaction, if the request's conditions hold. `how` gets it held.
async fn change<F, Fut>(
    app: &App,
    caller: &Caller,
    id: Uuid,
    preconditions: &Preconditions,
    whom: For,
    how: F,
) -> Result<Tagged<ContextSession>, Problem>
where
    F: Fn(Tx, Model) -> Fut + Send + Sync,
    Fut: Future<Output = Result<Model, ContextError>> + Send,
{
    let how = &how;
    let rows = app.store.bind(caller);
    let changed = rows.write(move |tx| async move {
        let role = store::sessions::require(&tx, id, whom.allows()).await?;
        store::steps::hold(&tx, id).await?;
        let before = store::sessions::visible(&tx, id).await?;
        preconditions.allow(&session_tag(id, before.version, role))?;
        Ok::<_, ContextError>(ContextSession::of(how(tx.clone(), before).await?, role))
    });
    Ok(changed.await?.tagged())
}
