//! Answers of the tenant's own.

use banyan_store::Tx;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::answer::{Column, Entity, Model};
use crate::error::SupportError;

/// A tenant has no more than these, in all languages.
pub(crate) const MOST: u64 = 500;

pub(crate) async fn all(tx: &Tx) -> Result<Vec<Model>, SupportError> {
    let select = Entity::find().order_by_asc(Column::Key).order_by_asc(Column::Locale).limit(MOST);
    Ok(select.all(tx).await?)
}

pub(crate) async fn find(tx: &Tx, key: &str, locale: &str) -> Result<Option<Model>, SupportError> {
    Ok(Entity::find().filter(Column::Key.eq(key)).filter(Column::Locale.eq(locale)).one(tx).await?)
}

/// Those of a key in whatever language.
pub(crate) async fn of_key(tx: &Tx, key: &str) -> Result<Vec<Model>, SupportError> {
    Ok(Entity::find().filter(Column::Key.eq(key)).order_by_asc(Column::Locale).limit(MOST).all(tx).await?)
}

pub(crate) async fn insert(tx: &Tx, row: Model) -> Result<Model, SupportError> {
    tx.insert(row.clone().into_active_model()).await?;
    Ok(row)
}

/// Under the next version, if nobody was faster.
pub(crate) async fn update(tx: &Tx, before: &Model, mut after: Model) -> Result<Model, SupportError> {
    after.version = before.version + 1;
    after.updated_at = tx.now().micros();
    let mut changes = after.clone().into_active_model().reset_all();
    for column in [Column::TenantId, Column::Id] {
        changes.not_set(column);
    }
    let update = Entity::update_many().set(changes).filter(Column::Id.eq(before.id)).filter(Column::Version.eq(before.version));
    if update.exec(tx).await?.rows_affected == 1 { Ok(after) } else { Err(SupportError::Hidden) }
}

pub(crate) async fn remove(tx: &Tx, row: &Model) -> Result<(), SupportError> {
    Entity::delete_many().filter(Column::Id.eq(row.id)).exec(tx).await?;
    Ok(())
}
