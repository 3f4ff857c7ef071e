//! What those who answer tell one another, and the steps of a ticket.

use sea_orm::entity::prelude::*;

use crate::model::NoteKind;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub ticket_id: Uuid,
    pub author_id: Option<Uuid>,
    pub kind: NoteKind,
    pub text: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub detail: serde_json::Value,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
