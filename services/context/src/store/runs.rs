//! Reprocessing that somebody asked for.

use banyan_events::jobs::{Priority, enqueue};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::execute;
use crate::entity::run::{Column, Entity, Model};
use crate::entity::session;
use crate::error::ContextError;
use crate::jobs::Reprocess;
use crate::model::RunState;

/// Asks for it, when the transaction commits.
pub(crate) async fn ask(tx: &Tx, user: Uuid, session: Option<Uuid>) -> Result<Model, ContextError> {
    let run = Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        user_id: user,
        session_id: session,
        state: RunState::Waiting,
        done: 0,
        total: 0,
        created_at: tx.now().micros(),
        ended_at: None,
    };
    tx.insert(run.clone().into_active_model()).await?;
    enqueue(tx, &Reprocess { run: run.id, session }).priority(Priority::Low).await?;
    Ok(run)
}

pub(crate) async fn visible(tx: &Tx, id: Uuid) -> Result<Model, ContextError> {
    Entity::find().filter(Column::Id.eq(id)).one(tx).await?.ok_or(ContextError::Hidden)
}

/// Sessions of the tenant after one, in order of their ids.
pub(crate) async fn sessions_after(tx: &Tx, after: Uuid, most: u64) -> Result<Vec<Uuid>, ContextError> {
    let select = session::Entity::find().filter(session::Column::Id.gt(after)).order_by_asc(session::Column::Id).limit(most);
    Ok(select.all(tx).await?.into_iter().map(|row| row.id).collect())
}

pub(crate) async fn count_sessions(tx: &Tx) -> Result<i64, ContextError> {
    Ok(super::number(tx, "SELECT COUNT(*) AS number FROM sessions", []).await?)
}

/// How far it has come.
pub(crate) async fn progress(tx: &Tx, run: Uuid, state: RunState, done: i64, total: i64) -> Result<(), ContextError> {
    const SQL: &str = "UPDATE runs SET state = $1, done = $2, total = $3 WHERE id = $4";
    execute(tx, SQL, [state.word().into(), done.into(), total.into(), run.into()]).await?;
    if state == RunState::Done {
        execute(tx, "UPDATE runs SET ended_at = $1 WHERE id = $2", [tx.now().micros().into(), run.into()]).await?;
    }
    Ok(())
}
