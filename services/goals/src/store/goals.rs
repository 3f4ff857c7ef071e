//! Goals.

use banyan_contracts::goals::GoalCreated;
use banyan_http::{Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Select};

use super::owned::{self, Archive, owned};
use crate::entity::goal::{Column, Entity, Model, Status};
use crate::error::GoalsError;

owned!(goal);

/// What a list may be ordered by; the first is the default.
pub(crate) const ORDERS: &[(&str, Column)] = &[
    ("createdAt", Column::CreatedAt),
    ("updatedAt", Column::UpdatedAt),
    ("title", Column::Title),
    ("targetDate", Column::TargetDate),
    ("status", Column::Status),
];

/// Which goals a list shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// What was put away is shown only if it is asked for.
    pub(crate) status: Option<Status>,
    pub(crate) category: Option<String>,
    /// The target date, both ends included. Goals without one are left out.
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
}

pub(crate) async fn insert(tx: &Tx, goal: Model) -> Result<Model, GoalsError> {
    tx.insert(goal.clone().into_active_model()).await?;
    let event = GoalCreated { goal_id: goal.id, user_id: goal.user_id, target_date: goal.target_date.clone() };
    tx.publish(&event).await?;
    Ok(goal)
}

pub(crate) async fn list(tx: &Tx, owner: Uuid, filter: &Filter, paging: &Paging) -> Result<Paged<Model>, GoalsError> {
    let narrow = |mut select: Select<Entity>| {
        if let Some(status) = filter.status {
            select = select.filter(Column::Status.eq(status));
        }
        if let Some(category) = &filter.category {
            select = select.filter(Column::Category.eq(category));
        }
        if let Some(from) = &filter.from {
            select = select.filter(Column::TargetDate.gte(from));
        }
        if let Some(to) = &filter.to {
            select = select.filter(Column::TargetDate.lte(to));
        }
        select
    };
    let archive = if filter.status == Some(Status::Archived) { Archive::Only } else { Archive::Without };
    owned::list::<Entity>(tx, owner, archive, narrow, paging, ORDERS).await
}

/// Whether the caller has a goal of this id that was not deleted. It stays so until the transaction ends.
pub(crate) async fn hold_own(tx: &Tx, id: Uuid) -> Result<bool, GoalsError> {
    let Some(user) = tx.caller().user_id() else { return Ok(false) };
    let select = Entity::find().filter(Column::Id.eq(id)).filter(Column::UserId.eq(user)).filter(Column::DeletedAt.is_null());
    Ok(select.lock_shared().one(tx).await?.is_some())
}
