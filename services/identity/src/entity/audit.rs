//! The store's audit log, for reading. The store alone writes it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant: Uuid,
    pub position: i64,
    pub occurred_at: i64,
    pub actor: String,
    pub actor_id: Option<Uuid>,
    pub request_id: Uuid,
    pub action: String,
    pub subject_id: Option<Uuid>,
    pub object: Option<String>,
    pub object_id: Option<Uuid>,
    pub permission: Option<String>,
    pub reason: Option<String>,
    pub detail: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
