//! Where a tenant hears of itself.

use sea_orm::entity::prelude::*;

use crate::topic::Way;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "destinations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub way: Way,
    pub name: String,
    pub target: Vec<u8>,
    pub hint: String,
    pub secret: Option<Vec<u8>>,
    pub previous_secret: Option<Vec<u8>>,
    pub previous_until: Option<i64>,
    #[sea_orm(column_type = "JsonBinary")]
    pub topics: serde_json::Value,
    pub locale: String,
    pub disabled_at: Option<i64>,
    pub reason: Option<String>,
    pub last_success_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
