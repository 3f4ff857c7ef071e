//! Features that move.

mod create;
mod get;
mod list;
mod step;

use banyan_http::ETag;
use banyan_kernel::{Timestamp, Uuid};
use serde::Serialize;
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
    service: Option<String>,
    /// Scheme, host and port of what it moves to instead, outside Banyan.
    url: Option<String>,
    /// The path there, where it differs.
    rewrite: Option<String>,
    /// Per cent of the requests that Banyan answers in a canary.
    percent: f64,
    /// What keeps somebody on one side: `user`, `address`, `cookie`, `request`.
    sticky: String,
    /// `name: value` of a header by which a request asks for Banyan's answer in a canary.
    header: Option<String>,
    /// `name=value` of a cookie by which a request asks for Banyan's answer in a canary.
    cookie: Option<String>,
    /// The feature flag by which Banyan answers in a canary.
    flag: Option<String>,
    /// Users whom Banyan answers in a canary.
    users: Vec<Uuid>,
    /// JSON pointers that are not compared.
    ignore: Vec<String>,
    /// Per cent of the requests that are copied.
    sample: f64,
    /// In a canary: by how much Banyan's share of failures may be higher before everything goes back; 0 to 1.
    max_error_rate: f64,
    /// In a canary: by which factor Banyan's 95th percentile of latency may be higher.
    max_slower: f64,
    /// In a canary: Banyan's requests within a minute before it is judged.
    min_requests: u32,
    /// `allowed`: members that the new side alone has are no differences.
    additions: Option<String>,
    /// `shown`: examples of differences show the beginning of values.
    examples: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Rises with each change.
    version: i64,
}

impl From<Model> for Migration {
    fn from(row: Model) -> Self {
        let settings = row.settings;
        let limits = settings.limits();
        Self {
            id: row.id,
            name: row.name,
            path: row.path,
            stage: row.stage,
            service: settings.service,
            url: settings.url,
            rewrite: settings.rewrite,
            percent: settings.percent,
            sticky: settings.sticky,
            header: settings.header,
            cookie: settings.cookie,
            flag: settings.flag,
            users: settings.users,
            ignore: settings.ignore,
            sample: settings.sample,
            max_error_rate: limits.max_error_rate,
            max_slower: limits.max_slower,
            min_requests: limits.min_requests,
            additions: settings.additions,
            examples: settings.examples,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
            version: row.version,
        }
    }
}
