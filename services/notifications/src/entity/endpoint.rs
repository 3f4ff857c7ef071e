//! A browser or a device that takes pushes.

use sea_orm::entity::prelude::*;

use crate::topic::Way;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "endpoints")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub way: Way,
    pub fingerprint: Vec<u8>,
    pub target: Vec<u8>,
    pub label: Option<String>,
    pub created_at: i64,
    pub last_success_at: Option<i64>,
    pub gone_at: Option<i64>,
    pub reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
