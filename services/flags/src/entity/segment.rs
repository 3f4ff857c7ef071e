//! People who have something in common, by constraints that strategies share.

use sea_orm::entity::prelude::*;

use crate::definition::Constraints;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "flag_segments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// As strategies and the documents of Unleash name it.
    pub number: i64,
    pub name: String,
    pub description: Option<String>,
    pub project: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub constraints: Constraints,
    pub created_by: Option<Uuid>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
