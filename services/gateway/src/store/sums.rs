//! What all doors together saw of splits.

use banyan_contracts::splits::SplitSums;
use banyan_store::Tx;
use sea_orm::{ActiveModelTrait as _, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect as _};

use crate::entity::migration;
use crate::entity::sums::{Column, Entity, Model, Sums};
use crate::error::GatewayError;

/// Adds what one door saw since it was asked last. What it saw of a run that is over counts no longer.
pub(crate) async fn add(tx: &Tx, news: &SplitSums) -> Result<(), GatewayError> {
    // Locked, so that of two doors at once the second adds to what the first has written.
    let named = migration::Entity::find().filter(migration::Column::Name.eq(&news.name)).lock_exclusive().one(tx).await?;
    let Some(migration) = named.filter(|row| u64::try_from(row.generation) == Ok(news.generation)) else { return Ok(()) };
    let known = Entity::find().filter(Column::Id.eq(migration.id)).one(tx).await?;
    let before = known.as_ref().filter(|row| row.generation == migration.generation).map(|row| row.sums.0.clone());
    let mut sums =
        before.unwrap_or_else(|| SplitSums { name: news.name.clone(), generation: news.generation, ..SplitSums::default() });
    sums.add(news);
    let row = Model {
        tenant_id: migration.tenant_id,
        id: migration.id,
        generation: migration.generation,
        sums: Sums(sums),
        updated_at: tx.now().micros(),
    };
    let mut row = row.into_active_model();
    if known.is_none() {
        Entity::insert(row).exec_without_returning(tx).await?;
        return Ok(());
    }
    row = row.reset_all();
    row.not_set(Column::TenantId);
    row.not_set(Column::Id);
    Entity::update_many().set(row).filter(Column::Id.eq(migration.id)).exec(tx).await?;
    Ok(())
}

/// What all doors have written down of the present run; none if that is nothing yet.
pub(crate) async fn of(tx: &Tx, migration: &migration::Model) -> Result<Option<SplitSums>, GatewayError> {
    let row = Entity::find().filter(Column::Id.eq(migration.id)).one(tx).await?;
    Ok(row.filter(|row| row.generation == migration.generation).map(|row| row.sums.0))
}
