//! `GET /api/v1/notifications/unread-count`

use axum::extract::State;
use banyan_http::{Json, Problem, SignedIn};
use banyan_store::Rows;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::owner;
use crate::App;
use crate::store::inbox;

/// How many notifications wait to be read.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UnreadCount)]
pub(crate) struct Unread {
    unread: i64,
}

/// Counts one's own notifications that are neither read nor put away.
#[utoipa::path(
    get,
    path = "/api/v1/notifications/unread-count",
    operation_id = "countUnreadNotifications",
    tag = "notifications",
    responses((status = 200, description = "How many there are.", body = Unread))
)]
pub(crate) async fn count_unread(State(app): State<App>, SignedIn(caller): SignedIn) -> Result<Json<Unread>, Problem> {
    let user = owner(&caller)?;
    let load = move |rows: Rows| async move {
        let unread = rows.read(move |tx| async move { inbox::unread(&tx, user).await });
        unread.await.map(|unread| Unread { unread })
    };
    Ok(Json(app.unread.get(&caller, user, String::new(), load).await?))
}
