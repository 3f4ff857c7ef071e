//! Features that move.

mod create;
mod get;
mod list;
mod step;

use banyan_http::ETag;
use banyan_kernel::{Timestamp, Uuid};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::entity::migration::{Model, Stage};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_migrations, create::create_migration))
        .routes(routes!(get::get_migration))
        .routes(routes!(get::get_migration_report))
        .routes(routes!(get::list_migration_steps, step::take_migration_step))
}

/// The tag of a row.
fn tag(id: Uuid, version: i64) -> ETag {
    ETag::of_version(id, Timestamp::from_micros(version))
}

impl App {
    /// What the door of this process saw of a migration.
    fn seen(&self, name: &str) -> Option<Value> {
        self.door.get()?.splits().into_iter().find(|report| report["name"].as_str() == Some(name))
    }
}

/// A feature that moves from the system of before to Banyan.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Migration {
    id: Uuid,
    /// As in `banyan strangle`, metrics and logs.
    name: String,
    /// The path that moves, with all below it.
    path: String,
    stage: Stage,
    /// The service of Banyan that it moves to.
    service: String,
    /// Per cent of the requests that Banyan answers in a canary.
    percent: f64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Rises with each change.
    version: i64,
}

impl From<Model> for Migration {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            path: row.path,
            stage: row.stage,
            service: row.settings.service,
            percent: row.settings.percent,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
            version: row.version,
        }
    }
}
