//! `GET /api/v1/realtime/presence`

use axum::Json;
use axum::extract::State;
use banyan_http::{Allowed, Check, Problem, Query, Validate, permit};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::room;
use crate::App;
use crate::broker::Crowd;

const MOST: usize = 1_000;

/// Which room.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PresenceQuery {
    /// Such as `session:0190a5b0-0000-7000-8000-000000000000`.
    #[param(min_length = 1, max_length = 255)]
    room: String,
}

impl Validate for PresenceQuery {
    fn validate(&self, check: &mut Check) {
        check.line("room", &self.room).not_blank().length(1, 255).any();
    }
}

/// Who listens to a room, a line a connection.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoomPresence {
    /// At most a thousand.
    data: Vec<PresentClient>,
    /// All connections that there are, shown or not.
    client_count: usize,
    /// The people whose they are.
    user_count: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PresentClient {
    client_id: String,
    user_id: String,
}

/// Who listens to a room, in any process. Rooms of people and markets have no presence.
#[utoipa::path(
    get,
    path = "/api/v1/realtime/presence",
    operation_id = "listRoomPresence",
    tag = "realtime",
    params(PresenceQuery),
    responses((status = 200, description = "Who is there.", body = RoomPresence))
)]
pub(crate) async fn list_room_presence(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::RealtimeManage>,
    Query(query): Query<PresenceQuery>,
) -> Result<Json<RoomPresence>, Problem> {
    let key = room(caller.tenant, "room", &query.room)?;
    let present = app.engine.broker.presence(&key, MOST).await?;
    let shown = |(client, info): (String, Box<serde_json::value::RawValue>)| {
        let info: Value = serde_json::from_str(info.get()).ok()?;
        Some(PresentClient { client_id: client, user_id: info["user"].as_str()?.to_owned() })
    };
    let Crowd { clients, users } = app.engine.broker.presence_stats(&key).await?;
    let data = present.into_iter().filter_map(shown).collect();
    Ok(Json(RoomPresence { data, client_count: clients, user_count: users }))
}
