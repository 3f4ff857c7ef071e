//! A habit: what is to be done again and again.

use banyan_kernel::{Timestamp, Uuid};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::habit::Schedule;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "habits")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub title: String,
    pub description: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub schedule: StoredSchedule,
    pub time_zone: String,
    pub target_value: f64,
    pub target_unit: Option<String>,
    pub start_date: String,
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
    tenant_id, id, user_id, title, description, schedule as json, time_zone, target_value, target_unit, start_date, archived_at, deleted_at, version, created_at, updated_at
});

/// The schedule as JSON in its column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct StoredSchedule(pub Schedule);

impl Model {
    pub(crate) fn archive(&mut self, now: Timestamp) {
        self.archived_at.get_or_insert(now.micros());
    }

    /// Takes back deletion, else archiving. A habit in use stays as it is.
    pub(crate) fn restore(&mut self) {
        if self.deleted_at.take().is_none() {
            self.archived_at = None;
        }
    }
}
