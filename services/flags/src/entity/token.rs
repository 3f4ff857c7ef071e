//! What a program shows that asks for flags by the protocols of others.

use sea_orm::entity::prelude::*;

use crate::definition::Tags;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "flag_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant: Uuid,
    pub name: String,
    pub kind: String,
    pub environment: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub projects: Tags,
    /// SHA-256 of the text.
    pub hash: Vec<u8>,
    /// Its beginning, so that people know it again.
    pub hint: String,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
    pub created_by: Option<Uuid>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
