//! `GET /api/v1/realtime/rooms`

use axum::Json;
use axum::extract::State;
use banyan_http::{Allowed, Problem, permit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;

const MOST: usize = 10_000;

/// The tenant's rooms to which somebody listens.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActiveRooms {
    /// Names in order; at most ten thousand.
    data: Vec<String>,
}

/// To which rooms of the tenant somebody listens, in any process.
#[utoipa::path(
    get,
    path = "/api/v1/realtime/rooms",
    operation_id = "listRooms",
    tag = "realtime",
    responses((status = 200, description = "The rooms.", body = ActiveRooms))
)]
pub(crate) async fn list_rooms(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::RealtimeManage>,
) -> Result<Json<ActiveRooms>, Problem> {
    let mut data = app.engine.broker.rooms(caller.tenant, MOST).await?;
    data.sort_unstable();
    Ok(Json(ActiveRooms { data }))
}
