//! Tasks.

use banyan_http::{Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Select};

use super::owned::{self, Archive, owned};
use crate::entity::task::{Column, Entity, Model, Priority, Status};
use crate::error::GoalsError;

owned!(task);

/// What a list may be ordered by; the first is the default.
pub(crate) const ORDERS: &[(&str, Column)] = &[
    ("createdAt", Column::CreatedAt),
    ("updatedAt", Column::UpdatedAt),
    ("title", Column::Title),
    ("dueDate", Column::DueDate),
    ("priority", Column::Priority),
    ("position", Column::Position),
];

/// Which tasks a list shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) status: Option<Status>,
    pub(crate) priority: Option<Priority>,
    pub(crate) goal: Option<Uuid>,
    /// The due date, both ends included. Tasks without one are left out.
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) archive: Archive,
}

pub(crate) async fn insert(tx: &Tx, task: Model) -> Result<Model, GoalsError> {
    Entity::insert(task.clone().into_active_model()).exec_without_returning(tx).await?;
    Ok(task)
}

pub(crate) async fn list(tx: &Tx, owner: Uuid, filter: &Filter, paging: &Paging) -> Result<Paged<Model>, GoalsError> {
    let narrow = |mut select: Select<Entity>| {
        if let Some(status) = filter.status {
            select = select.filter(Column::Status.eq(status));
        }
        if let Some(priority) = filter.priority {
            select = select.filter(Column::Priority.eq(priority));
        }
        if let Some(goal) = filter.goal {
            select = select.filter(Column::GoalId.eq(goal));
        }
        if let Some(from) = &filter.from {
            select = select.filter(Column::DueDate.gte(from));
        }
        if let Some(to) = &filter.to {
            select = select.filter(Column::DueDate.lte(to));
        }
        select
    };
    owned::list::<Entity>(tx, owner, filter.archive, narrow, paging, ORDERS).await
}
