//! `POST /api/v1/realtime/broadcast`

use axum::Json;
use axum::extract::State;
use banyan_http::{Allowed, Body, Check, Document, Problem, Validate, permit};
use banyan_kernel::Uuid;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::publish::RoomPlace;
use super::{fits, room, too_large};
use crate::App;

const MOST: usize = 100;

/// What is to be said in several rooms.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"rooms": ["market:BTC-USD", "market:ETH-USD"], "data": {"halted": true}}))]
pub(crate) struct RoomsMessage {
    #[schema(min_items = 1, max_items = 100)]
    rooms: Vec<String>,
    /// Any JSON, at most 32 KiB.
    data: Document,
    /// Of those with the same id each room hears one, within the hour.
    id: Option<Uuid>,
}

impl Validate for RoomsMessage {
    fn validate(&self, check: &mut Check) {
        check.count("rooms", &self.rooms, 1, MOST);
        check.that(fits(&self.data.0), "data", too_large());
    }
}

/// Where the publication stands in each room.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoomPlaces {
    data: Vec<RoomPlace>,
}

/// Says the same to all who listen to any of the rooms. If the servers cannot be reached half-way, some rooms have heard it: give an `id`, and
/// send it again.
#[utoipa::path(
    post,
    path = "/api/v1/realtime/broadcast",
    operation_id = "publishInRooms",
    tag = "realtime",
    request_body = RoomsMessage,
    responses((status = 200, description = "It is said.", body = RoomPlaces))
)]
pub(crate) async fn publish_in_rooms(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::RealtimeManage>,
    Body(message): Body<RoomsMessage>,
) -> Result<Json<RoomPlaces>, Problem> {
    let named = message.rooms.iter().enumerate();
    let rooms: Vec<_> =
        named.map(|(index, name)| room(caller.tenant, &format!("rooms[{index}]"), name)).collect::<Result<_, _>>()?;
    let mut data = Vec::with_capacity(rooms.len());
    for key in rooms {
        let place = app.engine.publish_value(&key, &message.data.0, message.id).await?;
        data.push(RoomPlace::of(&key.name, place));
    }
    Ok(Json(RoomPlaces { data }))
}
