//! A flag with what it says of each environment.

use sea_orm::entity::prelude::*;

use crate::definition::{AllSettings, Dependencies, Tags};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "flags")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub key: String,
    /// `release`, `experiment`, `operational`, `kill-switch` or `permission`.
    pub kind: String,
    pub description: Option<String>,
    pub owner: Option<String>,
    pub project: String,
    pub stale: bool,
    pub impression_data: bool,
    #[sea_orm(column_type = "JsonBinary")]
    pub tags: Tags,
    /// The same as `|a|b|`, so that both engines can look for one.
    pub tag_line: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub dependencies: Dependencies,
    #[sea_orm(column_type = "JsonBinary")]
    pub settings: AllSettings,
    pub expires_at: Option<i64>,
    pub archived_at: Option<i64>,
    pub created_by: Option<Uuid>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
