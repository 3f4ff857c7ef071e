//! What administrators may do beyond everybody's rights: always audited, with the reason.

mod audit;
mod get;
mod legal;
mod templates;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get::get_content_as_admin))
        .routes(routes!(audit::list_content_audit))
        .merge(legal::routes())
        .merge(templates::routes())
}
