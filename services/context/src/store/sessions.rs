//! Sessions.

use banyan_contracts::context::{SessionCreated, SessionEnded};
use banyan_http::{Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use sea_orm::sea_query::Query;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::participants;
use super::steps::{self, Step};
use crate::entity::session::{Column, Entity, Model};
use crate::entity::{counter, participant, room};
use crate::error::ContextError;
use crate::model::{Role, State, Told};

/// What lists may be ordered by; the first is the default.
const ORDERS: &[(&str, Column)] =
    &[("updatedAt", Column::UpdatedAt), ("createdAt", Column::CreatedAt), ("title", Column::Title), ("state", Column::State)];
/// Sessions of one owner that are not over.
const MOST_SESSIONS: i64 = 1_000;

/// A new session of `user`, who owns it.
pub(crate) async fn create(tx: &Tx, user: Uuid, title: &str, description: Option<&str>) -> Result<Model, ContextError> {
    const OWNED: &str = "SELECT COUNT(*) AS number FROM rooms WHERE owner_id = $1";
    if super::number(tx, OWNED, [user.into()]).await? >= MOST_SESSIONS {
        return Err(ContextError::Conflict("context-sessions-full"));
    }
    let (tenant_id, id, now) = (tx.caller().tenant, tx.new_id(), tx.now().micros());
    let room = room::Model { tenant_id, id, owner_id: user, created_at: now };
    tx.insert(room.into_active_model()).await?;
    participants::sit(tx, id, user, Role::Owner).await?;
    let session = Model {
        tenant_id,
        id,
        title: title.to_owned(),
        description: description.map(str::to_owned),
        state: State::Active,
        archived_at: None,
        ended_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    tx.insert(session.clone().into_active_model()).await?;
    let counter = counter::Model { tenant_id, id, seq: 0, processed_seq: 0 };
    tx.insert(counter.into_active_model()).await?;
    participants::list_one(tx, id, user, Role::Owner).await?;
    tx.publish(&SessionCreated { session_id: id, owner_id: user }).await?;
    tell(tx, &session, "session.created").await?;
    Ok(session)
}

/// A session in which the caller takes part.
pub(crate) async fn visible(tx: &Tx, id: Uuid) -> Result<Model, ContextError> {
    Entity::find().filter(Column::Id.eq(id)).one(tx).await?.ok_or(ContextError::Hidden)
}

/// As [`visible`], held until the transaction ends, and in use: nothing changes in one that is put away or over.
pub(crate) async fn in_use(tx: &Tx, id: Uuid) -> Result<Model, ContextError> {
    steps::hold(tx, id).await?;
    let session = visible(tx, id).await?;
    match session.state {
        State::Active => Ok(session),
        State::Archived => Err(ContextError::Conflict("context-session-archived")),
        State::Ended => Err(ContextError::Conflict("context-session-ended")),
    }
}

/// As [`in_use`], for those who may write.
pub(crate) async fn writable(tx: &Tx, id: Uuid) -> Result<Model, ContextError> {
    require(tx, id, Role::may_write).await?;
    in_use(tx, id).await
}

/// # Errors
/// [`ContextError::Hidden`] where the caller's role does not allow it: the same as for a session that is not there.
pub(crate) async fn require(tx: &Tx, id: Uuid, allows: fn(Role) -> bool) -> Result<Role, ContextError> {
    let role = participants::own_role(tx, id).await?.filter(|role| allows(*role));
    role.ok_or(ContextError::Hidden)
}

/// Sessions in which the caller takes part.
pub(crate) async fn list(
    tx: &Tx,
    user: Uuid,
    state: Option<State>,
    role: Option<Role>,
    paging: &Paging,
) -> Result<Paged<Model>, ContextError> {
    let mut mine = Query::select();
    mine.column(participant::Column::SessionId).from(participant::Entity);
    mine.and_where(participant::Column::UserId.eq(user));
    if let Some(role) = role {
        mine.and_where(participant::Column::Role.eq(role));
    }
    let mut select = Entity::find().filter(Column::Id.in_subquery(mine));
    if let Some(state) = state {
        select = select.filter(Column::State.eq(state));
    }
    Ok(paging.fetch(tx, select, ORDERS).await?)
}

/// Writes a held session that was changed since.
pub(crate) async fn save(tx: &Tx, before: &Model, mut after: Model, action: &str) -> Result<Model, ContextError> {
    if *before == after {
        return Ok(after);
    }
    after.version += 1;
    after.updated_at = tx.now().micros();
    let mut changes = after.clone().into_active_model().reset_all();
    changes.not_set(Column::TenantId);
    changes.not_set(Column::Id);
    let update = Entity::update_many().set(changes).filter(Column::Id.eq(before.id)).filter(Column::Version.eq(before.version));
    if update.exec(tx).await?.rows_affected != 1 {
        return Err(ContextError::Hidden);
    }
    tell(tx, &after, action).await?;
    Ok(after)
}

/// Puts a session away, or takes it out again; done already, nothing changes.
pub(crate) async fn put(tx: &Tx, before: Model, state: State) -> Result<Model, ContextError> {
    if before.state == State::Ended {
        return Err(ContextError::Conflict("context-session-ended"));
    }
    let mut after = before.clone();
    after.state = state;
    after.archived_at = match state {
        State::Archived => before.archived_at.or(Some(tx.now().micros())),
        State::Active | State::Ended => None,
    };
    save(tx, &before, after, if state == State::Archived { "session.archived" } else { "session.reopened" }).await
}

/// The end; a second time it changes nothing.
pub(crate) async fn end(tx: &Tx, user: Uuid, before: Model) -> Result<Model, ContextError> {
    if before.state == State::Ended {
        return Ok(before);
    }
    let mut after = before.clone();
    (after.state, after.ended_at) = (State::Ended, Some(tx.now().micros()));
    let after = save(tx, &before, after, "session.ended").await?;
    tx.publish(&SessionEnded { session_id: after.id, ended_by: user }).await?;
    Ok(after)
}

async fn tell(tx: &Tx, session: &Model, action: &str) -> Result<(), ContextError> {
    let detail = json!({ "state": session.state, "version": session.version });
    steps::step(tx, session.id, Step { event: Told::Update, action, object: None, detail, told: None }).await.map(drop)
}
