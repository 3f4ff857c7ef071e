//! The routes. One file a call: its types, its documentation, its handler.

mod audit;
mod migrations;
mod operator;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().merge(migrations::routes()).routes(routes!(audit::list_gateway_audit))
}
