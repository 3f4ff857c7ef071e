//! `POST /api/v1/realtime/publish`

use axum::Json;
use axum::extract::State;
use banyan_http::{Allowed, Body, Check, Document, Problem, Validate, permit};
use banyan_kernel::Uuid;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{fits, room, too_large};
use crate::App;
use crate::broker::Place;

/// What is to be said in a room.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"room": "market:BTC-USD", "data": {"price": "64000.00"}}))]
pub(crate) struct RoomMessage {
    #[schema(min_length = 1, max_length = 255)]
    room: String,
    /// Any JSON, at most 32 KiB.
    data: Document,
    /// Of those with the same id the room hears one, within the hour.
    id: Option<Uuid>,
}

impl Validate for RoomMessage {
    fn validate(&self, check: &mut Check) {
        check.line("room", &self.room).not_blank().length(1, 255).any();
        check.that(fits(&self.data.0), "data", too_large());
    }
}

/// Where a publication stands in its room; nothing where rooms of the kind keep nothing.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoomPlace {
    room: String,
    /// Offsets of another epoch cannot be compared.
    epoch: Option<String>,
    offset: Option<u64>,
}

impl RoomPlace {
    pub(super) fn of(room: &str, place: Option<Place>) -> Self {
        let (epoch, offset) = place.map(|place| (place.epoch.to_string(), place.offset)).unzip();
        Self { room: room.to_owned(), epoch, offset }
    }
}

/// Says something to all who listen to a room.
#[utoipa::path(
    post,
    path = "/api/v1/realtime/publish",
    operation_id = "publishInRoom",
    tag = "realtime",
    request_body = RoomMessage,
    responses((status = 200, description = "It is said.", body = RoomPlace))
)]
pub(crate) async fn publish_in_room(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::RealtimeManage>,
    Body(message): Body<RoomMessage>,
) -> Result<Json<RoomPlace>, Problem> {
    let key = room(caller.tenant, "room", &message.room)?;
    let place = app.engine.publish_value(&key, &message.data.0, message.id).await?;
    Ok(Json(RoomPlace::of(&key.name, place)))
}
