//! What stands behind the door.

use banyan_kernel::Uuid;
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "doors")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(column_type = "JsonBinary")]
    pub legacy: Behind,
    pub version: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

banyan_store::record!(Model { tenant_id, id, legacy as json, version, updated_at });

/// The system of before, if there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Behind {
    pub system: Option<Legacy>,
}

/// The system of before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Legacy {
    /// Scheme and authority, such as `http://127.0.0.1:4000`.
    pub url: String,
    /// Hosts that it answers for; empty: every one.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// `public`: the door reads no credential of its requests; `optional`: one that is there must be good, and the system hears who asks
    /// in the signed caller.
    #[serde(default)]
    pub auth: Credentials,
    /// Services of Banyan whose paths stay theirs from the start.
    #[serde(default)]
    pub keep: Vec<String>,
}

/// Whether the door reads credentials of requests to the system of before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = LegacyCredentials)]
pub enum Credentials {
    #[default]
    Public,
    Optional,
}
