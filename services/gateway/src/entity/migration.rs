//! A feature that moves from the system of before to Banyan.

use banyan_kernel::Uuid;
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "route_migrations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub path: String,
    pub stage: Stage,
    #[sea_orm(column_type = "JsonBinary")]
    pub settings: Settings,
    /// Rises with each decision of a person, so that what was found out about the one before does not count for this one.
    pub generation: i64,
    #[sea_orm(column_type = "JsonBinary")]
    pub report: Evidence,
    /// None: at the command line.
    pub created_by: Option<Uuid>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

banyan_store::record!(Model {
    tenant_id, id, name, path, stage as choice, settings as json, generation, report as json, created_by, version, created_at, updated_at
});

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "kebab-case")]
#[schema(as = MigrationStage)]
pub enum Stage {
    /// The system of before answers; its traffic is counted.
    #[sea_orm(string_value = "observing")]
    Observing,
    /// The system of before answers; copies of requests go to Banyan, and the answers are compared.
    #[sea_orm(string_value = "shadow")]
    Shadow,
    /// A share is answered by Banyan.
    #[sea_orm(string_value = "canary")]
    Canary,
    /// Banyan answers.
    #[sea_orm(string_value = "finished")]
    Finished,
    /// The share did worse, so the system of before answers again.
    #[sea_orm(string_value = "rolled-back")]
    RolledBack,
    /// A person took it back: the system of before answers.
    #[sea_orm(string_value = "undone")]
    Undone,
}

impl Stage {
    /// As in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observing => "observing",
            Self::Shadow => "shadow",
            Self::Canary => "canary",
            Self::Finished => "finished",
            Self::RolledBack => "rolled-back",
            Self::Undone => "undone",
        }
    }
}

/// What was said about a migration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJsonQueryResult, ToSchema)]
#[serde(rename_all = "camelCase", default)]
#[schema(as = MigrationSettings)]
pub struct Settings {
    /// The service of Banyan that it moves to.
    pub service: Option<String>,
    /// Scheme and authority of what it moves to instead, outside Banyan.
    pub url: Option<String>,
    /// The path there, where it differs.
    pub rewrite: Option<String>,
    /// Per cent of the requests that Banyan answers in a canary.
    pub percent: f64,
    /// `request`, `user`, `address` or `cookie`.
    pub sticky: String,
    /// A header by which a request asks for Banyan's answer, `name: value`.
    pub header: Option<String>,
    /// A cookie by which a request asks for Banyan's answer, `name=value`.
    pub cookie: Option<String>,
    /// A feature flag: Banyan answers those for whom it is on, in a canary.
    pub flag: Option<String>,
    /// Users whom Banyan answers in a canary.
    pub users: Vec<Uuid>,
    /// JSON pointers, `*` for any one member, that are not compared.
    pub ignore: Vec<String>,
    /// Per cent of the requests that are copied.
    pub sample: f64,
    /// What the new side may do worse in a canary. What is none is as usual: see [`Limits`].
    pub max_error_rate: Option<f64>,
    pub max_slower: Option<f64>,
    pub min_requests: Option<u32>,
    /// `allowed`: members that the new side alone has are no differences. None: they are.
    pub additions: Option<String>,
    /// `shown`: examples of differences show the beginning of values. None: their kind and length.
    pub examples: Option<String>,
}

/// What the new side may do worse in a canary before everything goes back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// By how much its share of failures may be higher than the share of the system of before; 0 to 1.
    pub max_error_rate: f64,
    /// By which factor its 95th percentile of latency may be higher.
    pub max_slower: f64,
    /// Requests within the window (a minute) before anything is said of it.
    pub min_requests: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_error_rate: 0.02, max_slower: 1.5, min_requests: 20 }
    }
}

impl Settings {
    /// What was said, and what is usual where nothing was.
    pub fn limits(&self) -> Limits {
        let usual = Limits::default();
        Limits {
            max_error_rate: self.max_error_rate.unwrap_or(usual.max_error_rate),
            max_slower: self.max_slower.unwrap_or(usual.max_slower),
            min_requests: self.min_requests.unwrap_or(usual.min_requests),
        }
    }
}

/// What was seen, as it was seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Evidence(pub Option<serde_json::Value>);
