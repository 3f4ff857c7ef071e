//! One step of a migration: who, what, when, why, by which evidence.

use banyan_kernel::Uuid;
use sea_orm::entity::prelude::*;

use super::migration::{Evidence, Stage};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "migration_steps")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub migration_id: Uuid,
    pub stage: Stage,
    pub percent: f64,
    /// None: Banyan itself.
    pub taken_by: Option<Uuid>,
    pub why: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub evidence: Evidence,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

banyan_store::record!(Model { tenant_id, id, migration_id, stage as choice, percent, taken_by, why, evidence as json, created_at });
