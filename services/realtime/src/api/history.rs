//! `GET /api/v1/realtime/history`

use axum::Json;
use axum::extract::State;
use banyan_http::{Allowed, Check, Document, Problem, Query, Validate, permit};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::room;
use crate::App;
use crate::broker::{Asked, Order};

const MOST: i64 = 1_000;
const USUAL: i64 = 100;

/// Which part of which room's history.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// Such as `market:BTC-USD`.
    #[param(min_length = 1, max_length = 255)]
    room: String,
    /// Those after this offset; from the oldest that is kept if it is left out.
    since: Option<u64>,
    /// How many at most; 100 if it is left out.
    #[param(minimum = 1, maximum = 1_000)]
    limit: Option<i64>,
}

impl Validate for HistoryQuery {
    fn validate(&self, check: &mut Check) {
        check.line("room", &self.room).not_blank().length(1, 255).any();
        check.range("limit", self.limit, 1, MOST);
    }
}

/// What is kept of a room, the oldest first.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoomHistory {
    epoch: String,
    /// Of the latest publication; 0 before the first.
    offset: u64,
    data: Vec<RoomPublication>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoomPublication {
    offset: u64,
    data: Document,
    /// Who said it, where a person did: `user` and `client`.
    #[schema(value_type = Option<Object>)]
    info: Option<Value>,
}

/// What was said in a room, as far as it is kept.
#[utoipa::path(
    get,
    path = "/api/v1/realtime/history",
    operation_id = "getRoomHistory",
    tag = "realtime",
    params(HistoryQuery),
    responses((status = 200, description = "What is kept.", body = RoomHistory))
)]
pub(crate) async fn get_room_history(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::RealtimeManage>,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<RoomHistory>, Problem> {
    let key = room(caller.tenant, "room", &query.room)?;
    let most = usize::try_from(query.limit.unwrap_or(USUAL)).unwrap_or_default();
    let asked = Asked { since: query.since, most, order: Order::OldestFirst };
    let keep = app.engine.settings.keep(key.namespace());
    let kept = app.engine.broker.history(&key, asked, keep).await?;
    let shown = |(offset, body): (u64, std::sync::Arc<str>)| {
        let mut body: Value = serde_json::from_str(&body).ok()?;
        let info = Some(body["info"].take()).filter(|info| !info.is_null());
        Some(RoomPublication { offset, data: Document(body["data"].take()), info })
    };
    let data = kept.publications.into_iter().filter_map(shown).collect();
    Ok(Json(RoomHistory { epoch: kept.top.epoch.to_string(), offset: kept.top.offset, data }))
}
