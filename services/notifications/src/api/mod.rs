//! The routes. One file a call: its types, its documentation, its handler.

mod admin;
mod deliveries;
mod endpoints;
mod inbox;
mod phones;
mod preferences;
mod providers;
mod send;
mod stream;
mod test;
mod unsubscribe;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

pub(crate) use inbox::unread::Unread;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(inbox::list::list_notifications, send::send_notification))
        .routes(routes!(inbox::unread::count_unread))
        .routes(routes!(inbox::read_all::read_all))
        .routes(routes!(stream::stream_notifications))
        .routes(routes!(preferences::get_preferences, preferences::change_preferences))
        .routes(routes!(endpoints::list_endpoints, endpoints::register_endpoint))
        .routes(routes!(endpoints::delete_endpoint))
        .routes(routes!(phones::list_phones, phones::add_phone))
        .routes(routes!(phones::delete_phone))
        .routes(routes!(phones::send_phone_code))
        .routes(routes!(phones::confirm_phone))
        .routes(routes!(test::test_notifications))
        .routes(routes!(providers::tell_bounces))
        .routes(routes!(providers::tell_sms_answer))
        .routes(routes!(deliveries::list_own_deliveries))
        .routes(routes!(unsubscribe::open_unsubscribe_page, unsubscribe::unsubscribe))
        .routes(routes!(inbox::one::get_notification, inbox::one::archive_notification))
        .routes(routes!(inbox::one::read_notification))
        .routes(routes!(inbox::one::unread_notification))
        .routes(routes!(inbox::one::restore_notification))
        .merge(admin::routes())
}
