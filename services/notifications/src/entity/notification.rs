//! A notification in a person's inbox.

use sea_orm::entity::prelude::*;

use crate::topic::Topic;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notifications")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub topic: Topic,
    pub template: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub arguments: serde_json::Value,
    pub link: Option<String>,
    pub urgent: bool,
    pub dedupe_key: Option<String>,
    pub escalate_after: Option<i64>,
    pub seq: i64,
    pub read_at: Option<i64>,
    pub archived_at: Option<i64>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

banyan_store::record!(Model {
    tenant_id, id, user_id, topic as choice, template, arguments as json, link, urgent, dedupe_key, escalate_after, seq, read_at, archived_at, created_at
});
