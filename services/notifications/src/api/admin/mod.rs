//! What operators do: look at deliveries and make them again, keep the list of suppressed addresses, look at templates.

mod audit;
mod deliveries;
mod preview;
mod suppressions;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(deliveries::list_deliveries))
        .routes(routes!(deliveries::replay_delivery))
        .routes(routes!(suppressions::list_suppressions, suppressions::add_suppression))
        .routes(routes!(suppressions::remove_suppression))
        .routes(routes!(preview::preview_template))
        .routes(routes!(audit::list_notifications_audit))
}
