//! The routes. One file a call: its types, its documentation, its handler.

mod publish;
mod publishers;
mod stream;
mod webhooks;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(publish::publish_events))
        .routes(routes!(stream::stream_events))
        .routes(routes!(publishers::list_event_publishers, publishers::declare_event_publisher))
        .routes(routes!(publishers::remove_event_publisher))
        .routes(routes!(webhooks::list::list_webhooks, webhooks::create::create_webhook))
        .routes(routes!(webhooks::one::get_webhook, webhooks::change::change_webhook, webhooks::one::delete_webhook))
        .routes(routes!(webhooks::secret::rotate_webhook_secret))
        .routes(routes!(webhooks::test::test_webhook))
        .routes(routes!(webhooks::replay::replay_webhook))
        .routes(routes!(webhooks::deliveries::list_webhook_deliveries))
        .routes(routes!(webhooks::deliveries::retry_webhook_delivery))
}
