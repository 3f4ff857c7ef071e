//! What participants know together, in versions.

use banyan_contracts::context::ItemChanged;
use banyan_events::jobs::{Priority, enqueue};
use banyan_http::{Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use sea_orm::sea_query::LikeExpr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde_json::{Value, json};

use super::steps::{self, Step};
use super::{execute, number};
use crate::entity::item::{Column, Entity, Model};
use crate::entity::item_version;
use crate::error::ContextError;
use crate::jobs::Process;
use crate::model::{Change, Told};
use crate::words;

/// What lists may be ordered by; the first is the default.
const ORDERS: &[(&str, Column)] =
    &[("updatedAt", Column::UpdatedAt), ("createdAt", Column::CreatedAt), ("kind", Column::Kind), ("title", Column::Title)];
/// Items of a session that were not deleted.
const MOST_ITEMS: i64 = 2_000;
/// Those that were deleted and can still be brought back, counted in.
const MOST_KEPT: i64 = 4_000;
/// Versions of an item that are kept.
const MOST_VERSIONS: i64 = 50;
/// A larger value is not sent to those who listen: they ask for it. In bytes.
const MOST_TOLD: i64 = 8 * 1024;

/// What an item is to be.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) kind: String,
    pub(crate) title: Option<String>,
    pub(crate) value: Value,
}

/// Which items a list shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) kind: Option<String>,
    /// Words that stand in kind, title or value.
    pub(crate) query: Option<String>,
    /// Those that were deleted instead of those that are there.
    pub(crate) deleted: bool,
}

pub(crate) async fn page(tx: &Tx, session: Uuid, filter: &Filter, paging: &Paging) -> Result<Paged<Model>, ContextError> {
    let mut select = Entity::find().filter(Column::SessionId.eq(session));
    select =
        if filter.deleted { select.filter(Column::DeletedAt.is_not_null()) } else { select.filter(Column::DeletedAt.is_null()) };
    if let Some(kind) = &filter.kind {
        select = select.filter(Column::Kind.eq(kind));
    }
    for word in filter.query.iter().flat_map(|query| query.split_whitespace()) {
        let pattern = LikeExpr::new(words::contains(word)).escape('\\');
        select = select.filter(Column::SearchText.like(pattern));
    }
    Ok(paging.fetch(tx, select, ORDERS).await?)
}

pub(crate) async fn visible(tx: &Tx, session: Uuid, id: Uuid) -> Result<Model, ContextError> {
    let select = Entity::find().filter(Column::Id.eq(id)).filter(Column::SessionId.eq(session));
    select.filter(Column::DeletedAt.is_null()).one(tx).await?.ok_or(ContextError::Hidden)
}

/// An item of a held session, deleted or not, locked until the transaction ends.
pub(crate) async fn locked(tx: &Tx, session: Uuid, id: Uuid) -> Result<Model, ContextError> {
    let select = Entity::find().filter(Column::Id.eq(id)).filter(Column::SessionId.eq(session));
    select.lock_exclusive().one(tx).await?.ok_or(ContextError::Hidden)
}

/// # Errors
/// [`ContextError::Hidden`] where the session has no such item, deleted or not.
pub(crate) async fn require(tx: &Tx, session: Uuid, id: Uuid) -> Result<(), ContextError> {
    let select = Entity::find().filter(Column::Id.eq(id)).filter(Column::SessionId.eq(session));
    select.one(tx).await?.map(drop).ok_or(ContextError::Hidden)
}

/// A new item in a held session.
pub(crate) async fn create(tx: &Tx, session: Uuid, content: &Content) -> Result<Model, ContextError> {
    require_room(tx, session).await?;
    let (now, user) = (tx.now().micros(), tx.caller().user_id());
    let row = Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        session_id: session,
        kind: content.kind.clone(),
        title: content.title.clone(),
        value: content.value.clone(),
        size: words::size(&content.value),
        search_text: words::search_text(&content.kind, content.title.as_deref(), &content.value),
        created_by: user,
        updated_by: user,
        deleted_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    tx.insert(row.clone().into_active_model()).await?;
    changed(tx, &row, Change::Created).await?;
    Ok(row)
}

/// Another content for a locked item; the same one changes nothing.
pub(crate) async fn update(tx: &Tx, before: &Model, content: &Content) -> Result<Model, ContextError> {
    if before.deleted_at.is_some() {
        return Err(ContextError::Hidden);
    }
    if (&before.kind, &before.title, &before.value) == (&content.kind, &content.title, &content.value) {
        return Ok(before.clone());
    }
    let mut after = before.clone();
    after.kind.clone_from(&content.kind);
    after.title.clone_from(&content.title);
    after.value = content.value.clone();
    after.size = words::size(&after.value);
    after.search_text = words::search_text(&after.kind, after.title.as_deref(), &after.value);
    save(tx, before, after, Change::Updated).await
}

/// Deletes a locked item; it can be brought back for 30 days.
pub(crate) async fn delete(tx: &Tx, before: &Model) -> Result<Model, ContextError> {
    if before.deleted_at.is_some() {
        return Err(ContextError::Hidden);
    }
    let after = Model { deleted_at: Some(tx.now().micros()), ..before.clone() };
    save(tx, before, after, Change::Deleted).await
}

/// Brings a deleted item back; one that is there stays as it is.
pub(crate) async fn restore(tx: &Tx, before: &Model) -> Result<Model, ContextError> {
    if before.deleted_at.is_none() {
        return Ok(before.clone());
    }
    require_room(tx, before.session_id).await?;
    save(tx, before, Model { deleted_at: None, ..before.clone() }, Change::Restored).await
}

async fn require_room(tx: &Tx, session: Uuid) -> Result<(), ContextError> {
    const LIVING: &str = "SELECT COUNT(*) AS number FROM items WHERE session_id = $1 AND deleted_at IS NULL";
    const ALL: &str = "SELECT COUNT(*) AS number FROM items WHERE session_id = $1";
    let is_full =
        number(tx, LIVING, [session.into()]).await? >= MOST_ITEMS || number(tx, ALL, [session.into()]).await? >= MOST_KEPT;
    if is_full { Err(ContextError::Conflict("context-items-full")) } else { Ok(()) }
}

async fn save(tx: &Tx, before: &Model, mut after: Model, change: Change) -> Result<Model, ContextError> {
    after.version += 1;
    (after.updated_at, after.updated_by) = (tx.now().micros(), tx.caller().user_id());
    let mut changes = after.clone().into_active_model().reset_all();
    for column in [Column::TenantId, Column::Id, Column::SessionId, Column::CreatedBy, Column::CreatedAt] {
        changes.not_set(column);
    }
    let update = Entity::update_many().set(changes).filter(Column::Id.eq(before.id)).filter(Column::Version.eq(before.version));
    if update.exec(tx).await?.rows_affected != 1 {
        return Err(ContextError::Hidden);
    }
    changed(tx, &after, change).await?;
    Ok(after)
}

/// What follows from every change: a version, a step that all hear, an event, and work for the engine.
async fn changed(tx: &Tx, row: &Model, change: Change) -> Result<(), ContextError> {
    const TRIM: &str = "DELETE FROM item_versions WHERE item_id = $1 AND version <= $2";
    let version = item_version::Model {
        tenant_id: row.tenant_id,
        id: tx.new_id(),
        session_id: row.session_id,
        item_id: row.id,
        version: row.version,
        change,
        kind: row.kind.clone(),
        title: row.title.clone(),
        value: row.value.clone(),
        author_id: tx.caller().user_id(),
        created_at: row.updated_at,
    };
    tx.insert(version.into_active_model()).await?;
    if row.version > MOST_VERSIONS {
        execute(tx, TRIM, [row.id.into(), (row.version - MOST_VERSIONS).into()]).await?;
    }
    let detail = json!({ "kind": row.kind, "version": row.version });
    let is_told = row.size <= MOST_TOLD && change != Change::Deleted;
    let told = is_told.then(|| json!({ "item": { "title": row.title, "value": row.value } }));
    let action = format!("item.{}", change.word());
    let step = Step { event: Told::Update, action: &action, object: Some(row.id), detail, told };
    let seq = steps::step(tx, row.session_id, step).await?;
    if let Some(changed_by) = tx.caller().user_id() {
        let event = ItemChanged {
            session_id: row.session_id,
            item_id: row.id,
            kind: row.kind.clone(),
            change: change.word().to_owned(),
            version: row.version,
            changed_by,
        };
        tx.publish(&event).await?;
    }
    enqueue(tx, &Process { session: row.session_id, seq }).priority(Priority::Urgent).await?;
    Ok(())
}

/// The versions of an item, for those who take part.
pub(crate) async fn versions(
    tx: &Tx,
    session: Uuid,
    item: Uuid,
    paging: &Paging,
) -> Result<Paged<item_version::Model>, ContextError> {
    use item_version::Column as Version;
    const ORDERS: &[(&str, Version)] = &[("version", Version::Version)];
    let select = item_version::Entity::find().filter(Version::ItemId.eq(item)).filter(Version::SessionId.eq(session));
    Ok(paging.fetch(tx, select, ORDERS).await?)
}

pub(crate) async fn version(tx: &Tx, session: Uuid, item: Uuid, number: i64) -> Result<item_version::Model, ContextError> {
    use item_version::Column as Version;
    let select = item_version::Entity::find().filter(Version::ItemId.eq(item)).filter(Version::SessionId.eq(session));
    select.filter(Version::Version.eq(number)).one(tx).await?.ok_or(ContextError::Hidden)
}
