//! One way of one notification, and what became of it.

use sea_orm::entity::prelude::*;

use crate::topic::{DeliveryState, Mode, Topic, Way};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Option<Uuid>,
    pub notification_id: Option<Uuid>,
    pub way: Way,
    pub endpoint_id: Option<Uuid>,
    pub topic: Topic,
    pub state: DeliveryState,
    pub reason: Option<String>,
    pub only_if_unread: bool,
    pub heeds_quiet_hours: bool,
    pub rhythm: Option<Mode>,
    pub gathered_by: Option<Uuid>,
    pub address_hint: Option<String>,
    pub attempts: i64,
    #[sea_orm(column_type = "JsonBinary")]
    pub history: serde_json::Value,
    pub provider_id: Option<String>,
    pub due_at: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub ended_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
