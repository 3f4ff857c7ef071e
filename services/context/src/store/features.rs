//! What the engine has found in items.

use banyan_kernel::Uuid;
use banyan_store::Tx;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QueryResult, QuerySelect, Statement,
    Value,
};

use super::execute;
use crate::engine::{Analysis, Known};
use crate::entity::feature::{Column, Entity, Model};
use crate::entity::item;
use crate::error::ContextError;
use crate::words;

/// An item is compared with so many others at most, those that were changed last.
const MOST_COMPARED: u64 = 500;

/// Items that have changed since the engine looked at them, at most `most`.
pub(crate) async fn unseen(tx: &Tx, session: Uuid, most: i64) -> Result<Vec<item::Model>, ContextError> {
    const SQL: &str = "SELECT i.id AS id FROM items i LEFT JOIN features f ON f.id = i.id WHERE i.session_id = $1 \
        AND i.deleted_at IS NULL AND (f.id IS NULL OR f.item_version <> i.version) ORDER BY i.updated_at, i.id LIMIT $2";
    let values: [Value; 2] = [session.into(), most.into()];
    let ids = ids(&tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), SQL, values)).await?)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(item::Entity::find().filter(item::Column::Id.is_in(ids)).order_by_asc(item::Column::UpdatedAt).all(tx).await?)
}

/// What is known of a session's items, those that were looked at last, without those that were deleted since.
pub(crate) async fn known(tx: &Tx, session: Uuid) -> Result<Vec<Known>, ContextError> {
    let gone = deleted(tx, session).await?;
    let select = Entity::find().filter(Column::SessionId.eq(session));
    let rows = select.order_by_desc(Column::UpdatedAt).order_by_desc(Column::Id).limit(MOST_COMPARED).all(tx).await?;
    let rows = rows.into_iter().filter(|row| !gone.contains(&row.id));
    Ok(rows.map(|row| Known { id: row.id, kind: row.kind, label: row.label, analysis: row.analysis }).collect())
}

/// An item as the engine sees it.
pub(crate) fn of(item: &item::Model, analysis: Analysis) -> Known {
    Known { id: item.id, kind: item.kind.clone(), label: words::label(&item.kind, item.title.as_deref(), &item.value), analysis }
}

/// Whether the item was looked at before, in whatever version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Never,
    /// In another version: it is counted again.
    Earlier,
    /// In this one: it is looked at again, and counted already.
    Already,
}

/// Writes what was found in a version of an item.
pub(crate) async fn put(tx: &Tx, item: &item::Model, known_as: &Known) -> Result<Seen, ContextError> {
    let known = Entity::find().filter(Column::Id.eq(item.id)).one(tx).await?;
    let seen = match &known {
        None => Seen::Never,
        Some(row) if row.item_version == 0 || row.item_version == item.version => Seen::Already,
        Some(_) => Seen::Earlier,
    };
    let row = Model {
        tenant_id: item.tenant_id,
        id: item.id,
        session_id: item.session_id,
        item_version: item.version,
        kind: item.kind.clone(),
        label: known_as.label.clone(),
        analysis: known_as.analysis.clone(),
        updated_at: tx.now().micros(),
    };
    if known.is_some() {
        Entity::delete_many().filter(Column::Id.eq(item.id)).exec(tx).await?;
    }
    tx.insert(row.into_active_model()).await?;
    Ok(seen)
}

/// Forgets what was found in items that were deleted since; gives those items.
pub(crate) async fn forget_deleted(tx: &Tx, session: Uuid) -> Result<Vec<Uuid>, ContextError> {
    let gone = deleted(tx, session).await?;
    if !gone.is_empty() {
        Entity::delete_many().filter(Column::Id.is_in(gone.clone())).exec(tx).await?;
    }
    Ok(gone)
}

async fn deleted(tx: &Tx, session: Uuid) -> Result<Vec<Uuid>, ContextError> {
    const SQL: &str =
        "SELECT f.id AS id FROM features f JOIN items i ON i.id = f.id WHERE f.session_id = $1 AND i.deleted_at IS NOT NULL";
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), SQL, [session.into()]);
    ids(&tx.query_all_raw(statement).await?)
}

fn ids(rows: &[QueryResult]) -> Result<Vec<Uuid>, ContextError> {
    Ok(rows.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?)
}

/// Has every item of a session looked at again.
pub(crate) async fn look_again(tx: &Tx, session: Uuid) -> Result<(), ContextError> {
    execute(tx, "UPDATE features SET item_version = 0 WHERE session_id = $1", [session.into()]).await?;
    Ok(())
}
