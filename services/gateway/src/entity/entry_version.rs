//! One change of a stored entry: who, what, when, why.

use banyan_kernel::Uuid;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::entry::{Definition, Kind};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "entry_versions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: Kind,
    pub name: String,
    pub version: i64,
    pub act: Act,
    /// Empty where it was removed.
    #[sea_orm(column_type = "JsonBinary")]
    pub definition: Definition,
    pub changed_by: Uuid,
    pub why: Option<String>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

banyan_store::record!(Model {
    tenant_id, id, kind as choice, name, version, act as choice, definition as json, changed_by, why, created_at
});

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
#[schema(as = GatewayEntryAct)]
pub enum Act {
    /// Made or changed.
    #[sea_orm(string_value = "put")]
    Put,
    #[sea_orm(string_value = "removed")]
    Removed,
    /// Made as an earlier version was.
    #[sea_orm(string_value = "restored")]
    Restored,
}

impl Act {
    /// As in the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Removed => "removed",
            Self::Restored => "restored",
        }
    }
}
