//! The routes. One file a call or a thing: its types, its documentation, its handlers.

mod audit;
mod environments;
mod events;
mod experiments;
mod flags;
mod manager;
mod reports;
mod requests;
mod segments;
mod tokens;
mod transfer;

use banyan_http::ETag;
use banyan_kernel::{Timestamp, Uuid};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(flags::routes())
        .merge(segments::routes())
        .merge(environments::routes())
        .merge(tokens::routes())
        .merge(requests::routes())
        .merge(experiments::routes())
        .routes(routes!(events::tell_flag_events))
        .merge(transfer::routes())
        .routes(routes!(reports::get_flag_report))
        .routes(routes!(audit::list_flags_audit))
}

/// The tag of a row. The version stands where others put a time: it also tells two changes in one microsecond apart.
fn tag(id: Uuid, version: i64) -> ETag {
    ETag::of_version(id, Timestamp::from_micros(version))
}

fn moment(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}
