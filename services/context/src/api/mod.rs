//! The routes. One file a call: its types, its documentation, its handler.

mod audit;
mod items;
mod methods;
mod patterns;
mod preferences;
mod reprocess;
mod rooms;
mod sessions;
mod suggestions;

use banyan_http::ETag;
use banyan_kernel::{Timestamp, Uuid};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(sessions::routes())
        .merge(items::routes())
        .merge(suggestions::routes())
        .merge(preferences::routes())
        .merge(patterns::routes())
        .merge(reprocess::routes())
        .merge(rooms::routes())
        .merge(methods::routes())
        .routes(routes!(audit::list_context_audit))
}

/// The tag of a row. The version stands where others put a time: it also tells two changes in one microsecond apart.
fn tag(id: Uuid, version: i64) -> ETag {
    ETag::of_version(id, Timestamp::from_micros(version))
}

fn moment(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}
