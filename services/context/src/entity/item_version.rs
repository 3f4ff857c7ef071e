//! What an item was after a change.

use sea_orm::entity::prelude::*;

use crate::model::Change;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "item_versions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub session_id: Uuid,
    pub item_id: Uuid,
    pub version: i64,
    pub change: Change,
    pub kind: String,
    pub title: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub value: serde_json::Value,
    pub author_id: Option<Uuid>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
