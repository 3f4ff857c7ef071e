//! A mail that is to be sent; the content is sealed, for it carries a secret.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "outgoing_mails")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant: Uuid,
    pub kind: String,
    pub content: Vec<u8>,
    pub attempts: i64,
    pub created_at: i64,
    pub due_at: i64,
    pub last_error: Option<String>,
    pub dead_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
