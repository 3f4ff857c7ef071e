//! The routes. One file a call: its types, its documentation, its handler.

mod audit;
mod cache;
mod entries;
mod legacy;
mod migrations;
mod operator;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(migrations::routes())
        .merge(entries::routes())
        .routes(routes!(legacy::put_legacy, legacy::get_legacy, legacy::remove_legacy))
        .routes(routes!(legacy::all_back))
        .routes(routes!(legacy::list_observed_routes))
        .routes(routes!(cache::get_cache))
        .routes(routes!(cache::purge_cache))
        .routes(routes!(audit::list_gateway_audit))
}
