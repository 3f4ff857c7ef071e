//! Who takes part in sessions.

use banyan_http::{Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::sessions;
use super::steps::{self, Step};
use crate::entity::participant::{Column, Entity, Model};
use crate::entity::seat;
use crate::error::ContextError;
use crate::model::{Role, Told};

const ORDERS: &[(&str, Column)] = &[("joinedAt", Column::JoinedAt), ("role", Column::Role)];
/// People in one session.
const MOST: i64 = 100;

/// The caller's role in a session.
pub(crate) async fn own_role(tx: &Tx, session: Uuid) -> Result<Option<Role>, ContextError> {
    let Some(user) = tx.caller().user_id() else { return Ok(None) };
    Ok(find(tx, session, user).await?.map(|row| row.role))
}

pub(crate) async fn find(tx: &Tx, session: Uuid, user: Uuid) -> Result<Option<Model>, ContextError> {
    Ok(Entity::find().filter(Column::SessionId.eq(session)).filter(Column::UserId.eq(user)).one(tx).await?)
}

/// The caller's roles in the sessions of a page.
pub(crate) async fn roles(tx: &Tx, user: Uuid, sessions: Vec<Uuid>) -> Result<Vec<Model>, ContextError> {
    if sessions.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Entity::find().filter(Column::UserId.eq(user)).filter(Column::SessionId.is_in(sessions)).all(tx).await?)
}

pub(crate) async fn page(tx: &Tx, session: Uuid, paging: &Paging) -> Result<Paged<Model>, ContextError> {
    Ok(paging.fetch(tx, Entity::find().filter(Column::SessionId.eq(session)), ORDERS).await?)
}

/// Opens a session to somebody, by its owner.
pub(crate) async fn sit(tx: &Tx, session: Uuid, user: Uuid, role: Role) -> Result<(), ContextError> {
    let writer_id = role.may_write().then_some(user);
    let (tenant_id, id) = (tx.caller().tenant, tx.new_id());
    let seat = seat::Model { tenant_id, id, session_id: session, user_id: user, writer_id };
    Ok(tx.insert(seat.into_active_model()).await?)
}

/// Puts somebody who has a seat on the list.
pub(crate) async fn list_one(tx: &Tx, session: Uuid, user: Uuid, role: Role) -> Result<Model, ContextError> {
    let (tenant_id, id, joined_at) = (tx.caller().tenant, tx.new_id(), tx.now().micros());
    let row = Model { tenant_id, id, session_id: session, user_id: user, role, joined_at };
    tx.insert(row.clone().into_active_model()).await?;
    Ok(row)
}

/// Lets somebody take part, or in another role; in the same one, nothing changes. By the owner of a held session.
pub(crate) async fn put(tx: &Tx, session: Uuid, user: Uuid, role: Role) -> Result<Model, ContextError> {
    let known = find(tx, session, user).await?;
    match known {
        Some(known) if known.role == role => Ok(known),
        Some(known) if known.role == Role::Owner => Err(ContextError::Conflict("context-owner-stays")),
        Some(known) => {
            let change = Entity::update_many().col_expr(Column::Role, Expr::value(role)).filter(Column::Id.eq(known.id));
            change.exec(tx).await?;
            seat::Entity::update_many()
                .col_expr(seat::Column::WriterId, Expr::value(role.may_write().then_some(user)))
                .filter(seat::Column::SessionId.eq(session))
                .filter(seat::Column::UserId.eq(user))
                .exec(tx)
                .await?;
            tell(tx, session, user, "participant.changed", Some(role)).await?;
            Ok(Model { role, ..known })
        }
        None => {
            const COUNT: &str = "SELECT COUNT(*) AS number FROM participants WHERE session_id = $1";
            if super::number(tx, COUNT, [session.into()]).await? >= MOST {
                return Err(ContextError::Conflict("context-participants-full"));
            }
            sit(tx, session, user, role).await?;
            let row = list_one(tx, session, user, role).await?;
            tell(tx, session, user, "participant.added", Some(role)).await?;
            Ok(row)
        }
    }
}

/// Somebody takes part no more: by the owner, or by themselves. The owner stays.
pub(crate) async fn remove(tx: &Tx, session: Uuid, user: Uuid) -> Result<(), ContextError> {
    let known = find(tx, session, user).await?;
    let own = tx.caller().user_id() == Some(user);
    match known {
        Some(known) if known.role == Role::Owner => return Err(ContextError::Conflict("context-owner-stays")),
        Some(_) => {}
        None => return Ok(()),
    }
    // Told while the session is in sight.
    tell(tx, session, user, if own { "participant.left" } else { "participant.removed" }, None).await?;
    Entity::delete_many().filter(Column::SessionId.eq(session)).filter(Column::UserId.eq(user)).exec(tx).await?;
    let seat = seat::Entity::delete_many().filter(seat::Column::SessionId.eq(session)).filter(seat::Column::UserId.eq(user));
    seat.exec(tx).await?;
    Ok(())
}

/// Makes another participant the owner; who was it stays as an editor. The policies let nobody give away what is theirs, so the service does it
/// itself, in a transaction of its own that looks whose the session is.
pub(crate) async fn hand_over(tx: &Tx, session: Uuid, from: Uuid, to: Uuid) -> Result<Model, ContextError> {
    const OWNER: &str = "UPDATE rooms SET owner_id = $1 WHERE id = $2 AND owner_id = $3";
    const ROLE: &str = "UPDATE participants SET role = $1 WHERE session_id = $2 AND user_id = $3";
    const WRITER: &str = "UPDATE seats SET writer_id = user_id WHERE session_id = $1 AND user_id = $2";
    sessions::in_use(tx, session).await?;
    let Some(known) = find(tx, session, to).await? else { return Err(ContextError::Conflict("context-no-participant")) };
    if known.user_id == from {
        return Ok(known);
    }
    if super::execute(tx, OWNER, [to.into(), session.into(), from.into()]).await? != 1 {
        return Err(ContextError::Hidden);
    }
    for (user, role) in [(from, Role::Editor), (to, Role::Owner)] {
        super::execute(tx, ROLE, [role.word().into(), session.into(), user.into()]).await?;
    }
    super::execute(tx, WRITER, [session.into(), to.into()]).await?;
    let detail = json!({ "role": Role::Owner });
    let step = Step { event: Told::Action, action: "participant.changed", object: Some(to), detail, told: None };
    steps::step_by(tx, session, Some(from), step).await?;
    Ok(Model { role: Role::Owner, ..known })
}

async fn tell(tx: &Tx, session: Uuid, user: Uuid, action: &str, role: Option<Role>) -> Result<(), ContextError> {
    let detail = role.map_or_else(|| json!({}), |role| json!({ "role": role }));
    steps::step(tx, session, Step { event: Told::Action, action, object: Some(user), detail, told: None }).await.map(drop)
}
