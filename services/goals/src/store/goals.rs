//! Goals.

use banyan_contracts::goals::GoalCreated;
use banyan_contracts::identity::FirstThing;
use banyan_http::{Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::{StoreError, Tx};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Select};

use super::owned::{self, Archive, owned};
use crate::entity::goal::{Column, Entity, Milestones, Model, Status};
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

/// A newcomer's first goal, once, whatever the person has done to it since.
pub(crate) async fn give(tx: &Tx, user: Uuid, first: FirstThing) -> Result<(), StoreError> {
    if Entity::find().filter(Column::Id.eq(first.id)).one(tx).await?.is_some() {
        return Ok(());
    }
    let now = tx.now().micros();
    let goal = Model {
        tenant_id: tx.caller().tenant,
        id: first.id,
        user_id: user,
        title: first.title,
        description: Some(first.text).filter(|text| !text.is_empty()),
        category: None,
        status: Status::Active,
        target_value: None,
        target_unit: None,
        current_value: 0.0,
        target_date: None,
        milestones: Milestones(Vec::new()),
        completed_at: None,
        archived_at: None,
        deleted_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    insert(tx, goal).await.map(drop).map_err(|error| match error {
        GoalsError::Store(error) => error,
        other => StoreError::Constraint(other.to_string()),
    })
}

/// Takes it back, unless the person has changed it.
pub(crate) async fn take_back(tx: &Tx, user: Uuid, id: Uuid) -> Result<(), StoreError> {
    let untouched = Entity::delete_many().filter(Column::Id.eq(id)).filter(Column::UserId.eq(user)).filter(Column::Version.eq(1));
    untouched.exec(tx).await?;
    Ok(())
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
