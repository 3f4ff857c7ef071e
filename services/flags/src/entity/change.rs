//! One change of a flag, segment or environment: who, what, when, why.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "flag_changes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `flag`, `segment` or `environment`.
    pub object: String,
    pub object_id: Uuid,
    pub name: String,
    pub version: i64,
    pub act: String,
    /// Where only one environment is touched.
    pub environment: Option<String>,
    pub changed_by: Option<Uuid>,
    pub why: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub before: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub after: Json,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
