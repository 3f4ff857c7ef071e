//! Features that move.

mod list;

use banyan_kernel::{Timestamp, Uuid};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::entity::migration::{Model, Stage};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list_migrations))
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
