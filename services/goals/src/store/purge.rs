//! Deleted for good: what nobody can restore any more.

use banyan_kernel::Uuid;
use banyan_store::{Store, StoreError, Tx};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::owned::{Owned, RESTORABLE_SECONDS};
use crate::entity::{goal, habit, task};
use crate::error::GoalsError;

/// Removes the tenant's rows that were deleted more than 30 days ago; gives their number. Safe to run at any time and twice.
///
/// # Errors
/// What the engine says.
pub async fn purge(store: &Store, tenant: Uuid) -> Result<u64, GoalsError> {
    store
        .system(tenant)
        .write(|tx| async move {
            // Check-ins go with their habit; tasks outlive their goal.
            let goals = expired::<goal::Entity>(&tx).await?;
            let tasks = expired::<task::Entity>(&tx).await?;
            let habits = expired::<habit::Entity>(&tx).await?;
            Ok(goals + tasks + habits)
        })
        .await
}

/// Removes all that is a person's, for the service itself: check-ins go with their habits.
pub(crate) async fn erase(tx: &Tx, user: Uuid) -> Result<(), StoreError> {
    task::Entity::delete_many().filter(task::Column::UserId.eq(user)).exec(tx).await?;
    goal::Entity::delete_many().filter(goal::Column::UserId.eq(user)).exec(tx).await?;
    habit::Entity::delete_many().filter(habit::Column::UserId.eq(user)).exec(tx).await?;
    Ok(())
}

async fn expired<E: Owned>(tx: &Tx) -> Result<u64, GoalsError> {
    let oldest = tx.now().plus_seconds(-RESTORABLE_SECONDS).micros();
    Ok(E::delete_many().filter(E::DELETED_AT.lt(oldest)).exec(tx).await?.rows_affected)
}
