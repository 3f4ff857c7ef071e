//! Journals, written and spoken.

use banyan_contracts::identity::FirstThing;
use banyan_http::paging::Order;
use banyan_http::{Paged, Paging};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{Store, StoreError, Tx};
use sea_orm::sea_query::Order as SqlOrder;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, ExprTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

use crate::entity::journal::{Column, Entity, Kind, Model, Tags};
use crate::error::ContentError;
use crate::feed::{Activity, WEEK_SECONDS, Written};

/// How long a deleted entry can be restored: 30 days.
const RESTORABLE_SECONDS: i64 = 30 * 24 * 60 * 60;
/// More entries of one week than this do not change its picture.
const MOST_OF_A_WEEK: u64 = 200;

/// What a list may be ordered by; the first is the default.
const ORDERS: &[(&str, Column)] = &[("createdAt", Column::CreatedAt), ("updatedAt", Column::UpdatedAt), ("mood", Column::Mood)];

/// What is to be kept.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'e> {
    pub(crate) kind: Kind,
    pub(crate) content: &'e str,
    pub(crate) mood: Option<i64>,
    pub(crate) tags: &'e [String],
}

/// Keeps an entry of the caller: one statement.
pub(crate) async fn insert(tx: &Tx, user: Uuid, entry: &Entry<'_>, at: Timestamp) -> Result<Model, ContentError> {
    let row = Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        user_id: user,
        kind: entry.kind,
        content: entry.content.to_owned(),
        mood: entry.mood,
        tags: Tags(entry.tags.to_vec()),
        deleted_at: None,
        version: 1,
        created_at: at.micros(),
        updated_at: at.micros(),
    };
    tx.insert(row.clone().into_active_model()).await?;
    Ok(row)
}

/// One page of the entries of `owner` that were not deleted, as far as the caller may read them.
pub(crate) async fn list(tx: &Tx, owner: Uuid, kind: Kind, paging: &Paging) -> Result<Paged<Model>, ContentError> {
    let direction = match paging.order {
        Order::Ascending => SqlOrder::Asc,
        Order::Descending => SqlOrder::Desc,
    };
    // `deleted_at` is NULL in all of them; named first, it lets PostgreSQL take the order from the index.
    let select = living(owner).filter(Column::Kind.eq(kind)).order_by(Column::DeletedAt, direction);
    Ok(paging.fetch_last(tx, select, ORDERS).await?)
}

/// An entry that the caller may read: her own, or one that she was granted.
pub(crate) async fn visible(tx: &Tx, id: Uuid, kind: Kind) -> Result<Model, ContentError> {
    let select = Entity::find().filter(Column::Id.eq(id)).filter(Column::Kind.eq(kind)).filter(Column::DeletedAt.is_null());
    tx.one(select).await?.ok_or(ContentError::Hidden)
}

/// An entry of any kind, whoever wrote it, for a caller who sees beyond her own.
pub(crate) async fn any(tx: &Tx, id: Uuid) -> Result<Option<Model>, ContentError> {
    Ok(Entity::find().filter(Column::Id.eq(id)).filter(Column::DeletedAt.is_null()).one(tx).await?)
}

/// Rows in whose sight a change takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Deleted rows are not there.
    Living,
    /// Rows deleted within the last 30 days are there too.
    Restorable,
}

/// The caller's own entry, locked until the transaction ends.
pub(crate) async fn own(tx: &Tx, id: Uuid, kind: Kind, sight: Sight) -> Result<Model, ContentError> {
    let user = tx.caller().user_id().ok_or(ContentError::Hidden)?;
    let select = Entity::find().filter(Column::Id.eq(id)).filter(Column::UserId.eq(user)).filter(Column::Kind.eq(kind));
    let select = match sight {
        Sight::Living => select.filter(Column::DeletedAt.is_null()),
        Sight::Restorable => {
            let oldest = tx.now().plus_seconds(-RESTORABLE_SECONDS).micros();
            select.filter(Column::DeletedAt.is_null().or(Column::DeletedAt.gte(oldest)))
        }
    };
    select.lock_exclusive().one(tx).await?.ok_or(ContentError::Hidden)
}

/// Writes a row that [`own`] gave and that was changed since, under the next version. An unchanged one is left alone.
pub(crate) async fn save(tx: &Tx, before: &Model, mut after: Model) -> Result<Model, ContentError> {
    if *before == after {
        return Ok(after);
    }
    after.version += 1;
    after.updated_at = tx.now().micros();
    let mut changes = after.clone().into_active_model().reset_all();
    changes.not_set(Column::TenantId);
    changes.not_set(Column::Id);
    changes.not_set(Column::UserId);
    let update = Entity::update_many().set(changes).filter(Column::Id.eq(before.id)).filter(Column::Version.eq(before.version));
    // The row is locked and the caller's own, so it is there.
    if update.exec(tx).await?.rows_affected == 1 { Ok(after) } else { Err(ContentError::Hidden) }
}

#[derive(FromQueryResult)]
struct WrittenRow {
    created_at: i64,
    mood: Option<i64>,
}

/// What the feed needs to know of a person's writing, and her latest entries, newest first.
pub(crate) async fn activity(tx: &Tx, user: Uuid, latest: u64) -> Result<(Activity, Vec<Model>), ContentError> {
    let newest_first = |select: Select<Entity>| {
        select.order_by_desc(Column::DeletedAt).order_by_desc(Column::CreatedAt).order_by_desc(Column::Id)
    };
    let recent = newest_first(living(user)).limit(latest).all(tx).await?;
    let since = tx.now().plus_seconds(-WEEK_SECONDS).micros();
    // Whoever wrote nothing this week needs no second look.
    let week = match recent.first() {
        Some(row) if row.created_at >= since => {
            let select = newest_first(living(user).filter(Column::CreatedAt.gte(since))).limit(MOST_OF_A_WEEK);
            let select = select.select_only().columns([Column::CreatedAt, Column::Mood]);
            select.into_model::<WrittenRow>().all(tx).await?
        }
        _ => Vec::new(),
    };
    let week = week.iter().map(|row| Written { at: Timestamp::from_micros(row.created_at), mood: row.mood }).collect();
    let newest = recent.first().map(|row| Timestamp::from_micros(row.created_at));
    Ok((Activity { latest: newest, week }, recent))
}

/// Whether the caller ever kept an entry.
pub(crate) async fn has_any(tx: &Tx, user: Uuid) -> Result<bool, ContentError> {
    Ok(Entity::find().filter(Column::UserId.eq(user)).one(tx).await?.is_some())
}

/// Removes the tenant's entries that were deleted more than 30 days ago; gives their number. Safe to run at any time and twice.
///
/// # Errors
/// What the engine says.
pub async fn purge(store: &Store, tenant: Uuid) -> Result<u64, ContentError> {
    let rows = store.system(tenant);
    rows.write(|tx| async move {
        let oldest = tx.now().plus_seconds(-RESTORABLE_SECONDS).micros();
        Ok(Entity::delete_many().filter(Column::DeletedAt.lt(oldest)).exec(&tx).await?.rows_affected)
    })
    .await
}

/// A newcomer's first entry, once, whatever the person has done to it since.
pub(crate) async fn give(tx: &Tx, user: Uuid, first: FirstThing) -> Result<(), StoreError> {
    if Entity::find().filter(Column::Id.eq(first.id)).one(tx).await?.is_some() {
        return Ok(());
    }
    let now = tx.now().micros();
    let text = if first.text.is_empty() { first.title } else { format!("{}\n\n{}", first.title, first.text) };
    let row = Model {
        tenant_id: tx.caller().tenant,
        id: first.id,
        user_id: user,
        kind: Kind::Text,
        content: text,
        mood: None,
        tags: Tags(Vec::new()),
        deleted_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    tx.insert(row.into_active_model()).await?;
    Ok(())
}

/// Takes it back, unless the person has changed it.
pub(crate) async fn take_back(tx: &Tx, user: Uuid, id: Uuid) -> Result<(), StoreError> {
    let untouched = Entity::delete_many().filter(Column::Id.eq(id)).filter(Column::UserId.eq(user)).filter(Column::Version.eq(1));
    untouched.exec(tx).await?;
    Ok(())
}

/// Removes all that a person has written, for the service itself.
pub(crate) async fn erase(tx: &Tx, user: Uuid) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::UserId.eq(user)).exec(tx).await?;
    Ok(())
}

/// The owner is named so that the index is used.
fn living(owner: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::UserId.eq(owner)).filter(Column::DeletedAt.is_null())
}
