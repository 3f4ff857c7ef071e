//! Habits.

use banyan_contracts::goals::HabitCreated;
use banyan_http::{Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use sea_orm::{EntityTrait, IntoActiveModel};

use super::owned::{self, Archive, owned};
use crate::entity::habit::{Column, Entity, Model};
use crate::error::GoalsError;

owned!(habit);

/// What a list may be ordered by; the first is the default.
pub(crate) const ORDERS: &[(&str, Column)] =
    &[("createdAt", Column::CreatedAt), ("updatedAt", Column::UpdatedAt), ("title", Column::Title)];

pub(crate) async fn insert(tx: &Tx, habit: Model) -> Result<Model, GoalsError> {
    Entity::insert(habit.clone().into_active_model()).exec_without_returning(tx).await?;
    tx.publish(&HabitCreated { habit_id: habit.id, user_id: habit.user_id }).await?;
    Ok(habit)
}

pub(crate) async fn list(tx: &Tx, owner: Uuid, archive: Archive, paging: &Paging) -> Result<Paged<Model>, GoalsError> {
    owned::list::<Entity>(tx, owner, archive, |select| select, paging, ORDERS).await
}
