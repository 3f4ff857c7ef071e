//! The routes. One file a call: its types, its documentation, its handler.

mod publish;
mod publishers;
mod stream;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(publish::publish_events))
        .routes(routes!(stream::stream_events))
        .routes(routes!(publishers::list_event_publishers, publishers::declare_event_publisher))
        .routes(routes!(publishers::remove_event_publisher))
}
