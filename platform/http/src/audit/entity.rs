//! The store's audit log, for reading. The store alone writes it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: Uuid,
    pub(super) tenant: Uuid,
    pub(super) position: i64,
    pub(super) occurred_at: i64,
    pub(super) actor: String,
    pub(super) actor_id: Option<Uuid>,
    pub(super) request_id: Uuid,
    pub(super) action: String,
    pub(super) subject_id: Option<Uuid>,
    pub(super) object: Option<String>,
    pub(super) object_id: Option<Uuid>,
    pub(super) permission: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) detail: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
