//! Where flags have settings of their own: development, production.

use banyan_kernel::Role;
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "flag_environments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub kind: String,
    pub sort_order: i64,
    /// Approvals that a change needs before it counts.
    pub approvals: i64,
    /// Who may change it; everybody who manages flags, where nobody is named.
    #[sea_orm(column_type = "JsonBinary")]
    pub changers: Changers,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Who may change flags in an environment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Changers {
    #[serde(default)]
    pub users: Vec<Uuid>,
    #[serde(default)]
    pub roles: Vec<Role>,
}
