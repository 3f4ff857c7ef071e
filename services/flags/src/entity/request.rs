//! A change that waits for approvals, or for its time.

use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::definition::{Proposal, Settings};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "flag_change_requests")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub flag_id: Uuid,
    pub key: String,
    pub environment: String,
    pub state: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub proposal: Proposal,
    /// The settings for which it was made: it goes stale when they have changed.
    #[sea_orm(column_type = "JsonBinary")]
    pub base: Settings,
    /// Approvals that it needs.
    pub needed: i64,
    #[sea_orm(column_type = "JsonBinary")]
    pub approvals: Approvals,
    pub apply_at: Option<i64>,
    pub why: Option<String>,
    pub created_by: Option<Uuid>,
    pub decided_by: Option<Uuid>,
    pub decided_why: Option<String>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Who agreed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Approvals(pub Vec<Approval>);

/// Somebody agreed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    pub by: Uuid,
    pub at: i64,
    pub why: Option<String>,
}
