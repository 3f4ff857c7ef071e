//! A task, alone or on the way to a goal.

use banyan_kernel::{Timestamp, Uuid};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tasks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub goal_id: Option<Uuid>,
    pub title: String,
    pub notes: Option<String>,
    pub due_date: Option<String>,
    pub priority: Priority,
    pub status: Status,
    pub position: i64,
    pub completed_at: Option<i64>,
    pub archived_at: Option<i64>,
    pub deleted_at: Option<i64>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

banyan_store::record!(Model {
    tenant_id, id, user_id, goal_id, title, notes, due_date, priority as choice, status as choice, position, completed_at, archived_at, deleted_at, version, created_at, updated_at
});

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
#[schema(as = TaskStatus)]
pub enum Status {
    #[sea_orm(string_value = "todo")]
    Todo,
    #[sea_orm(string_value = "doing")]
    Doing,
    #[sea_orm(string_value = "done")]
    Done,
}

/// How much a task matters. Stored as a number, so that a list can be ordered by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "i64", db_type = "BigInteger")]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    #[sea_orm(num_value = 1)]
    Low,
    #[default]
    #[sea_orm(num_value = 2)]
    Normal,
    #[sea_orm(num_value = 3)]
    High,
}

impl Model {
    /// Moves the task on; `completed_at` follows.
    pub(crate) fn set_status(&mut self, status: Status, now: Timestamp) {
        if self.status != status {
            self.status = status;
            self.completed_at = (status == Status::Done).then(|| now.micros());
        }
    }

    pub(crate) fn archive(&mut self, now: Timestamp) {
        self.archived_at.get_or_insert(now.micros());
    }

    /// Takes back the last of deletion, archiving and completion. Anything else stays as it is.
    pub(crate) fn restore(&mut self) {
        if self.deleted_at.take().is_some() || self.archived_at.take().is_some() {
            return;
        }
        if self.status == Status::Done {
            self.status = Status::Todo;
            self.completed_at = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task() -> Model {
        Model {
            tenant_id: Uuid::nil(),
            id: Uuid::nil(),
            user_id: Uuid::nil(),
            goal_id: None,
            title: "Buy shoes".into(),
            notes: None,
            due_date: None,
            priority: Priority::Normal,
            status: Status::Todo,
            position: 0,
            completed_at: None,
            archived_at: None,
            deleted_at: None,
            version: 1,
            created_at: 0,
            updated_at: 0,
        }
    }

    #[test]
    fn restoring_goes_back_step_by_step() {
        let fresh = task();
        let mut task = fresh.clone();
        task.set_status(Status::Done, Timestamp::from_seconds(1));
        let done = task.clone();
        task.archive(Timestamp::from_seconds(2));
        let archived = task.clone();
        task.deleted_at = Some(3);
        task.restore();
        assert_eq!(task, archived);
        task.restore();
        assert_eq!(task, done);
        task.restore();
        assert_eq!(task, fresh);
    }

    #[test]
    fn the_time_of_completion_is_the_first_one() {
        let mut task = task();
        task.set_status(Status::Done, Timestamp::from_seconds(1));
        task.set_status(Status::Done, Timestamp::from_seconds(9));
        assert_eq!(task.completed_at, Some(1_000_000));
        task.set_status(Status::Doing, Timestamp::from_seconds(9));
        assert_eq!(task.completed_at, None);
    }
}
