//! Habits.

use banyan_contracts::goals::HabitCreated;
use banyan_http::{Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Select};

use super::owned::{self, owned};
use super::tasks::Archive;
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
    let narrow = |select: Select<Entity>| match archive {
        Archive::Without => select.filter(Column::ArchivedAt.is_null()),
        Archive::Only => select.filter(Column::ArchivedAt.is_not_null()),
    };
    owned::list::<Entity>(tx, owner, narrow, paging, ORDERS).await
}
