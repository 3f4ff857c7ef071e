//! A telephone that takes texts when its owner has said the code that was sent to it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "phones")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub number: Vec<u8>,
    pub hint: String,
    pub fingerprint: Vec<u8>,
    pub verified_at: Option<i64>,
    pub code_hash: Option<Vec<u8>>,
    pub code_sent_at: Option<i64>,
    pub code_tries: i64,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
