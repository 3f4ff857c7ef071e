//! A route or an upstream that an operator stored, as it is now.

use banyan_kernel::Uuid;
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stored_entries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: Kind,
    pub name: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub definition: Definition,
    /// Rises with each change of the name, also over its removal.
    pub version: i64,
    pub changed_by: Uuid,
    pub why: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

banyan_store::record!(Model {
    tenant_id, id, kind as choice, name, definition as json, version, changed_by, why, created_at, updated_at
});

/// What an entry is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
#[schema(as = GatewayEntryKind)]
pub enum Kind {
    #[sea_orm(string_value = "route")]
    Route,
    #[sea_orm(string_value = "upstream")]
    Upstream,
}

impl Kind {
    /// As in paths and in the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Upstream => "upstream",
        }
    }
}

/// What stands in `[[routes]]` or `[upstreams.<name>]` of a route file, but the name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Definition(pub Map<String, Value>);
