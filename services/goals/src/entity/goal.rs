//! A goal, and how it goes through its life.

use banyan_kernel::{Timestamp, Uuid};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::error::GoalsError;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "goals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub title: String,
    pub description: Option<String>,
    pub category: Option<String>,
    pub status: Status,
    pub target_value: Option<f64>,
    pub target_unit: Option<String>,
    pub current_value: f64,
    pub target_date: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub milestones: Milestones,
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
    tenant_id, id, user_id, title, description, category, status as choice, target_value, target_unit, current_value, target_date, milestones as json, completed_at, archived_at, deleted_at, version, created_at, updated_at
});

/// Where a goal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
#[schema(as = GoalStatus)]
pub enum Status {
    #[sea_orm(string_value = "active")]
    Active,
    #[sea_orm(string_value = "completed")]
    Completed,
    #[sea_orm(string_value = "archived")]
    Archived,
}

/// A step on the way to a goal. Kept inside the goal's row: it is read and changed with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Milestone {
    pub id: Uuid,
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// `YYYY-MM-DD`.
    #[schema(format = Date)]
    pub target_date: Option<String>,
    /// When it was reached; `null` while it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub completed_at: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Milestones(pub Vec<Milestone>);

impl Model {
    /// An active goal is reached. Reached already, nothing changes.
    ///
    /// # Errors
    /// [`GoalsError::Archived`] for one that lies in the archive.
    pub(crate) fn complete(&mut self, now: Timestamp) -> Result<(), GoalsError> {
        match self.status {
            Status::Archived => return Err(GoalsError::Archived),
            Status::Completed => {}
            Status::Active => {
                self.status = Status::Completed;
                self.completed_at = Some(now.micros());
            }
        }
        Ok(())
    }

    /// Puts the goal away, reached or not.
    pub(crate) fn archive(&mut self, now: Timestamp) {
        if self.status != Status::Archived {
            self.status = Status::Archived;
            self.archived_at = Some(now.micros());
        }
    }

    /// Takes back the last of deletion, archiving and completion. An active goal stays as it is.
    pub(crate) fn restore(&mut self) {
        if self.deleted_at.take().is_some() {
            return;
        }
        match self.status {
            Status::Archived => {
                self.archived_at = None;
                self.status = if self.completed_at.is_some() { Status::Completed } else { Status::Active };
            }
            Status::Completed => {
                self.completed_at = None;
                self.status = Status::Active;
            }
            Status::Active => {}
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn goal() -> Model {
        Model {
            tenant_id: Uuid::nil(),
            id: Uuid::nil(),
            user_id: Uuid::nil(),
            title: "Run ten kilometres".into(),
            description: None,
            category: None,
            status: Status::Active,
            target_value: None,
            target_unit: None,
            current_value: 0.0,
            target_date: None,
            milestones: Milestones::default(),
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
        let fresh = goal();
        let mut goal = fresh.clone();
        goal.complete(Timestamp::from_seconds(1)).unwrap();
        let completed = goal.clone();
        goal.archive(Timestamp::from_seconds(2));
        let archived = goal.clone();
        goal.deleted_at = Some(3);
        goal.restore();
        assert_eq!(goal, archived);
        goal.restore();
        assert_eq!(goal, completed);
        goal.restore();
        assert_eq!(goal, fresh);
        goal.restore();
        assert_eq!(goal, fresh);
    }

    #[test]
    fn doing_it_twice_is_doing_it_once() {
        let mut goal = goal();
        goal.complete(Timestamp::from_seconds(1)).unwrap();
        let once = goal.clone();
        goal.complete(Timestamp::from_seconds(9)).unwrap();
        assert_eq!(goal, once);
        goal.archive(Timestamp::from_seconds(2));
        let once = goal.clone();
        goal.archive(Timestamp::from_seconds(9));
        assert_eq!(goal, once);
        assert!(matches!(goal.complete(Timestamp::from_seconds(9)), Err(GoalsError::Archived)));
    }
}
