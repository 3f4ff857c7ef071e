//! Numbers that rise with each change, which every process follows.

use banyan_kernel::Uuid;
use banyan_store::{StoreError, Tx};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::execute;
use crate::entity::revision::{Column, Entity, Model};

/// The row of a tenant's tokens.
pub(crate) const TOKENS: &str = "";
/// Rung for each change.
pub(crate) const BELL: &str = "flags";

/// Says that something has changed, and holds the row until the transaction ends: of two writers the second decides on what the first left.
pub(crate) async fn bump(tx: &Tx, environment: &str) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE flag_revisions SET revision = revision + 1, updated_at = $1 WHERE tenant = $2 AND environment = $3";
    let (tenant, now) = (tx.caller().tenant, tx.now().micros());
    tx.ring(BELL);
    if execute(tx, SQL, [now.into(), tenant.into(), environment.into()]).await? > 0 {
        return Ok(());
    }
    let row = Model { id: tx.new_id(), tenant, environment: environment.to_owned(), revision: 1, updated_at: now };
    Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// Holds the tenant's rows until the transaction ends, without saying that something has changed.
pub(crate) async fn hold(tx: &Tx) -> Result<(), StoreError> {
    let select = Entity::find().filter(Column::Tenant.eq(tx.caller().tenant)).order_by_asc(Column::Environment);
    select.lock_exclusive().all(tx).await?;
    Ok(())
}

/// In order of their names, so that no two writers wait for one another.
pub(crate) async fn bump_all<'e>(tx: &Tx, environments: impl IntoIterator<Item = &'e str>) -> Result<(), StoreError> {
    let mut names: Vec<&str> = environments.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        bump(tx, name).await?;
    }
    Ok(())
}

/// The number of an environment of the caller's tenant; 0 where nothing was ever written.
pub(crate) async fn of(tx: &Tx, environment: &str) -> Result<i64, StoreError> {
    let select = Entity::find().filter(Column::Tenant.eq(tx.caller().tenant)).filter(Column::Environment.eq(environment));
    Ok(select.one(tx).await?.map_or(0, |row| row.revision))
}

/// Of all tenants: what changed since a time, in microseconds; all, where none is given. For the service itself.
pub(crate) async fn since(tx: &Tx, time: Option<i64>) -> Result<Vec<Model>, StoreError> {
    let select = Entity::find();
    let select = match time {
        Some(time) => select.filter(Column::UpdatedAt.gte(time)),
        None => select,
    };
    Ok(select.all(tx).await?)
}

/// What a process knows of a row.
pub(crate) type Place = (Uuid, String);
