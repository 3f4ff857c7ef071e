//! What goals, tasks and habits have in common: an owner, a version, and a deletion that can be taken back for a while.

use banyan_http::paging::Order;
use banyan_http::{Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use banyan_store::record::Record;
use sea_orm::sea_query::Order as SqlOrder;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::error::GoalsError;

/// How long a deleted row can be restored: 30 days.
pub(crate) const RESTORABLE_SECONDS: i64 = 30 * 24 * 60 * 60;

/// A table of rows that a person owns.
pub(crate) trait Owned: EntityTrait {
    const TENANT_ID: Self::Column;
    const ID: Self::Column;
    const USER_ID: Self::Column;
    const DELETED_AT: Self::Column;
    const ARCHIVED_AT: Self::Column;
    const VERSION: Self::Column;

    fn id(row: &Self::Model) -> Uuid;
    /// The version and the time of the last change.
    fn stamp(row: &mut Self::Model) -> (&mut i64, &mut i64);
    fn deleted_at(row: &mut Self::Model) -> &mut Option<i64>;
}

/// Implements [`Owned`] for an entity whose columns have the usual names.
macro_rules! owned {
    ($module:ident) => {
        impl crate::store::owned::Owned for crate::entity::$module::Entity {
            const TENANT_ID: Self::Column = crate::entity::$module::Column::TenantId;
            const ID: Self::Column = crate::entity::$module::Column::Id;
            const USER_ID: Self::Column = crate::entity::$module::Column::UserId;
            const DELETED_AT: Self::Column = crate::entity::$module::Column::DeletedAt;
            const ARCHIVED_AT: Self::Column = crate::entity::$module::Column::ArchivedAt;
            const VERSION: Self::Column = crate::entity::$module::Column::Version;

            fn id(row: &Self::Model) -> banyan_kernel::Uuid {
                row.id
            }

            fn stamp(row: &mut Self::Model) -> (&mut i64, &mut i64) {
                (&mut row.version, &mut row.updated_at)
            }

            fn deleted_at(row: &mut Self::Model) -> &mut Option<i64> {
                &mut row.deleted_at
            }
        }
    };
}
pub(crate) use owned;

/// Rows in whose sight a change takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Deleted rows are not there.
    Living,
    /// Rows deleted within the last 30 days are there too.
    Restorable,
}

/// A row that the caller may read: her own, or one that she was granted.
pub(crate) async fn visible<E: Owned>(tx: &Tx, id: Uuid) -> Result<E::Model, GoalsError>
where
    E::Model: Record,
{
    let select = E::find().filter(E::ID.eq(id)).filter(E::DELETED_AT.is_null());
    tx.one(select).await?.ok_or(GoalsError::Hidden)
}

/// The caller's own row, locked until the transaction ends.
pub(crate) async fn own<E: Owned>(tx: &Tx, id: Uuid, sight: Sight) -> Result<E::Model, GoalsError> {
    let user = tx.caller().user_id().ok_or(GoalsError::Hidden)?;
    let select = E::find().filter(E::ID.eq(id)).filter(E::USER_ID.eq(user));
    let select = match sight {
        Sight::Living => select.filter(E::DELETED_AT.is_null()),
        Sight::Restorable => {
            let oldest = tx.now().plus_seconds(-RESTORABLE_SECONDS).micros();
            select.filter(E::DELETED_AT.is_null().or(E::DELETED_AT.gte(oldest)))
        }
    };
    select.lock_exclusive().one(tx).await?.ok_or(GoalsError::Hidden)
}

/// Writes a row that [`own`] gave and that was changed since, under the next version. An unchanged one is left alone.
pub(crate) async fn save<E: Owned>(tx: &Tx, before: &E::Model, mut after: E::Model) -> Result<E::Model, GoalsError>
where
    E::Model: PartialEq + Clone + IntoActiveModel<E::ActiveModel>,
{
    if *before == after {
        return Ok(after);
    }
    let (version, updated_at) = E::stamp(&mut after);
    let known = *version;
    *version += 1;
    *updated_at = tx.now().micros();
    let mut changes = after.clone().into_active_model().reset_all();
    changes.not_set(E::TENANT_ID);
    changes.not_set(E::ID);
    changes.not_set(E::USER_ID);
    let update = E::update_many().set(changes).filter(E::ID.eq(E::id(before))).filter(E::VERSION.eq(known));
    // The row is locked and the caller's own, so it is there.
    if update.exec(tx).await?.rows_affected == 1 { Ok(after) } else { Err(GoalsError::Hidden) }
}

/// Marks the caller's own row as deleted.
pub(crate) async fn delete<E: Owned>(tx: &Tx, row: E::Model) -> Result<(), GoalsError>
where
    E::Model: PartialEq + Clone + IntoActiveModel<E::ActiveModel>,
{
    let mut deleted = row.clone();
    *E::deleted_at(&mut deleted) = Some(tx.now().micros());
    save::<E>(tx, &row, deleted).await.map(drop)
}

/// Whether a list shows what was put away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Archive {
    /// Only what is in use.
    #[default]
    Without,
    /// Only what was put away.
    Only,
}

impl Archive {
    /// From the query's `archived`; left out it means no.
    pub(crate) fn of(archived: Option<bool>) -> Self {
        if archived == Some(true) { Self::Only } else { Self::Without }
    }
}

/// One page of the living rows of `owner`, as far as the caller may read them.
pub(crate) async fn list<E: Owned>(
    tx: &Tx,
    owner: Uuid,
    archive: Archive,
    narrow: impl FnOnce(Select<E>) -> Select<E>,
    paging: &Paging,
    allowed: &[(&str, E::Column)],
) -> Result<Paged<E::Model>, GoalsError>
where
    E::Model: Record,
{
    let direction = match paging.order {
        Order::Ascending => SqlOrder::Asc,
        Order::Descending => SqlOrder::Desc,
    };
    let select = narrow(E::find().filter(E::USER_ID.eq(owner)).filter(E::DELETED_AT.is_null()));
    // What is NULL in all of them is named first in the order, so that PostgreSQL takes the order from the index
    // (user_id, deleted_at, archived_at, created_at), as SQLite does without it. The count reads the index alone.
    let select = select.order_by(E::DELETED_AT, direction.clone());
    let select = match archive {
        Archive::Without => select.filter(E::ARCHIVED_AT.is_null()).order_by(E::ARCHIVED_AT, direction),
        Archive::Only => select.filter(E::ARCHIVED_AT.is_not_null()),
    };
    Ok(paging.fetch_last(tx, select, allowed).await?)
}
