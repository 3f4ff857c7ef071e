//! The routes. One file a call: its types, its documentation, its handler.

mod admin;
mod deliveries;
mod endpoints;
mod inbox;
mod preferences;
mod send;
mod stream;
mod unsubscribe;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(inbox::list::list_notifications, send::send_notification))
        .routes(routes!(inbox::unread::count_unread))
        .routes(routes!(inbox::read_all::read_all))
        .routes(routes!(stream::stream_notifications))
        .routes(routes!(preferences::get_preferences, preferences::change_preferences))
        .routes(routes!(endpoints::list_endpoints, endpoints::register_endpoint))
        .routes(routes!(endpoints::delete_endpoint))
        .routes(routes!(deliveries::list_own_deliveries))
        .routes(routes!(unsubscribe::open_unsubscribe_page, unsubscribe::unsubscribe))
        .routes(routes!(inbox::one::get_notification, inbox::one::archive_notification))
        .routes(routes!(inbox::one::read_notification))
        .routes(routes!(inbox::one::unread_notification))
        .routes(routes!(inbox::one::restore_notification))
        .merge(admin::routes())
}
