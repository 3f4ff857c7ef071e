//! What happens in a session, numbered without gaps: written down, and told to those who listen, in the transaction of the change.

use banyan_contracts::realtime::{RoomAddressed, session_room};
use banyan_http::{Paged, Paging};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Map, Value, json};

use super::{execute, number};
use crate::entity::change::{Column, Entity, Model};
use crate::entity::counter;
use crate::error::ContextError;
use crate::model::Told;

const ORDERS: &[(&str, Column)] = &[("seq", Column::Seq), ("createdAt", Column::CreatedAt)];

/// Something that happens.
#[derive(Clone, Debug)]
pub(crate) struct Step<'s> {
    pub(crate) event: Told,
    /// `item.updated`, `session.archived`, …
    pub(crate) action: &'s str,
    /// What it happens to.
    pub(crate) object: Option<Uuid>,
    /// Kept: names and numbers, nothing of what people wrote.
    pub(crate) detail: Value,
    /// Told to those who listen besides, and not kept. At most 16 KiB.
    pub(crate) told: Option<Value>,
}

/// Holds the session until the transaction ends: what happens in it happens one after the other, and all take this first. Gives its counter.
///
/// # Errors
/// [`ContextError::Hidden`] where the caller does not take part.
pub(crate) async fn hold(tx: &Tx, session: Uuid) -> Result<counter::Model, ContextError> {
    let select = counter::Entity::find().filter(counter::Column::Id.eq(session)).lock_exclusive();
    select.one(tx).await?.ok_or(ContextError::Hidden)
}

/// The counter of a session, as it stands; nothing where the session has gone.
pub(crate) async fn counter(tx: &Tx, session: Uuid) -> Result<Option<counter::Model>, ContextError> {
    Ok(counter::Entity::find().filter(counter::Column::Id.eq(session)).one(tx).await?)
}

/// The engine has looked at everything up to a number.
pub(crate) async fn processed(tx: &Tx, session: Uuid, seq: i64) -> Result<(), ContextError> {
    execute(tx, "UPDATE counters SET processed_seq = $1 WHERE id = $2", [seq.into(), session.into()]).await?;
    Ok(())
}

/// Writes down what the caller does in a held session, and tells it. Gives its number.
pub(crate) async fn step(tx: &Tx, session: Uuid, step: Step<'_>) -> Result<i64, ContextError> {
    step_by(tx, session, tx.caller().user_id(), step).await
}

/// As [`step`], where the service acts for a person.
pub(crate) async fn step_by(tx: &Tx, session: Uuid, actor: Option<Uuid>, step: Step<'_>) -> Result<i64, ContextError> {
    const NEXT: &str = "UPDATE counters SET seq = seq + 1 WHERE id = $1";
    const PRESENT: &str = "SELECT seq AS number FROM counters WHERE id = $1";
    execute(tx, NEXT, [session.into()]).await?;
    let seq = number(tx, PRESENT, [session.into()]).await?;
    let row = Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        session_id: session,
        seq,
        event: step.event,
        action: step.action.to_owned(),
        actor_id: actor,
        object_id: step.object,
        detail: step.detail,
        created_at: tx.now().micros(),
    };
    tx.publish(&RoomAddressed { room: session_room(session), data: told(&row, step.told) }).await?;
    tx.insert(row.into_active_model()).await?;
    Ok(seq)
}

/// A step as listeners hear it, and as `GET …/changes` gives it.
pub(crate) fn told(row: &Model, besides: Option<Value>) -> Value {
    let mut data = Map::new();
    data.insert("event".to_owned(), json!(row.event));
    data.insert("sessionId".to_owned(), json!(row.session_id));
    data.insert("seq".to_owned(), json!(row.seq));
    data.insert("action".to_owned(), json!(row.action));
    data.insert("actorId".to_owned(), json!(row.actor_id));
    data.insert("objectId".to_owned(), json!(row.object_id));
    data.insert("detail".to_owned(), row.detail.clone());
    data.insert("at".to_owned(), json!(Timestamp::from_micros(row.created_at)));
    if let Some(Value::Object(besides)) = besides {
        data.extend(besides);
    }
    Value::Object(data)
}

pub(crate) async fn page(tx: &Tx, session: Uuid, paging: &Paging) -> Result<Paged<Model>, ContextError> {
    Ok(paging.fetch(tx, Entity::find().filter(Column::SessionId.eq(session)), ORDERS).await?)
}

/// At most `most` steps after the number, in order.
pub(crate) async fn after(tx: &Tx, session: Uuid, seq: i64, most: u64) -> Result<Vec<Model>, ContextError> {
    let select = Entity::find().filter(Column::SessionId.eq(session)).filter(Column::Seq.gt(seq));
    Ok(select.order_by_asc(Column::Seq).limit(most).all(tx).await?)
}

/// The last number of a session.
pub(crate) async fn last(tx: &Tx, session: Uuid) -> Result<i64, ContextError> {
    const SQL: &str = "SELECT seq AS number FROM counters WHERE id = $1";
    Ok(number(tx, SQL, [session.into()]).await?)
}
