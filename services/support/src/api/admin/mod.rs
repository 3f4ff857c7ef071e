//! What those who answer do.

mod answers;
mod audit;
mod summary;
mod tickets;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(tickets::routes())
        .merge(answers::routes())
        .routes(routes!(summary::get_support_summary))
        .routes(routes!(audit::list_support_audit))
}
