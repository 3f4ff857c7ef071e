//! A key by which a program acts for somebody: only its digest is kept.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub name: String,
    pub secret_hash: Vec<u8>,
    /// That of the secret before the last rotation.
    pub previous_hash: Option<Vec<u8>>,
    pub previous_until: Option<i64>,
    /// Names of permissions.
    pub scopes: Json,
    /// Networks from which it counts; empty for all.
    pub networks: Json,
    pub plan: Option<String>,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    /// To some minutes.
    pub last_used_at: Option<i64>,
    pub revoked_at: Option<i64>,
    /// Rises with each change, so that what nodes remember of the key can be outdated.
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
