//! What operators do: look at deliveries and make them again, keep the list of suppressed addresses and where the
//! tenant hears of itself, look at templates.

mod audit;
mod deliveries;
mod destinations;
mod preview;
mod suppressions;
mod test_destination;

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
        .routes(routes!(preview::test_template))
        .routes(routes!(destinations::list_destinations, destinations::add_destination))
        .routes(routes!(destinations::get_destination, destinations::change_destination, destinations::remove_destination))
        .routes(routes!(destinations::rotate_secret))
        .routes(routes!(test_destination::test_destination))
        .routes(routes!(audit::list_notifications_audit))
}
