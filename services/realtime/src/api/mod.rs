//! The routes. One file a call: its types, its documentation, its handler.

mod broadcast;
mod connect;
mod disconnect;
mod documents;
mod history;
mod presence;
mod publish;
mod rooms;
mod stream;

use banyan_http::{FieldError, Problem};
use banyan_kernel::{ErrorCode, Uuid};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::broker::BrokerError;
use crate::room::RoomKey;

/// What is said at once, in bytes of JSON.
const LARGEST: usize = 32 * 1024;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(connect::connect_realtime))
        .routes(routes!(connect::connect_realtime_alias))
        .routes(routes!(stream::stream_realtime))
        .routes(routes!(stream::emulate_realtime))
        .routes(routes!(publish::publish_in_room))
        .routes(routes!(broadcast::publish_in_rooms))
        .routes(routes!(disconnect::disconnect_person))
        .routes(routes!(presence::list_room_presence))
        .routes(routes!(history::get_room_history))
        .routes(routes!(rooms::list_rooms))
        .merge(documents::routes())
}

/// The room of this name in a tenant.
fn room(tenant: Uuid, field: &str, name: &str) -> Result<RoomKey, Problem> {
    RoomKey::new(tenant, name).ok_or_else(|| Problem::invalid(field, FieldError::new("room", "realtime-field-room")))
}

fn fits(data: &Value) -> bool {
    data.to_string().len() <= LARGEST
}

fn too_large() -> FieldError {
    FieldError::new("data-size", "realtime-field-data")
}

/// Connections stay; what is said now is not heard.
impl From<BrokerError> for Problem {
    fn from(error: BrokerError) -> Self {
        Self::new(ErrorCode::ServiceUnavailable).detail_message("realtime-away", []).caused_by(&error)
    }
}
