//! What was asked within one hour, by one key (or none), of one route in one version.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_hours")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub hour: i64,
    /// Nil for requests without a key.
    pub key_id: Uuid,
    /// The owner of the key; nil without one.
    pub user_id: Uuid,
    pub route: String,
    pub version: i64,
    pub requests: i64,
    pub refused: i64,
    pub limited: i64,
    pub failed: i64,
    pub micros: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
