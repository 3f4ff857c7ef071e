//! `POST /api/v1/notifications/read-all`

use axum::extract::State;
use banyan_http::{Json, Problem, SignedIn};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::owner;
use crate::App;
use crate::store::inbox;

/// What was done.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReadAll {
    /// How many were unread.
    read: u64,
}

/// Marks as read all of one's own notifications that are there now.
#[utoipa::path(
    post,
    path = "/api/v1/notifications/read-all",
    operation_id = "readAllNotifications",
    tag = "notifications",
    responses((status = 200, description = "All are read.", body = ReadAll))
)]
pub(crate) async fn read_all(State(app): State<App>, SignedIn(caller): SignedIn) -> Result<Json<ReadAll>, Problem> {
    let user = owner(&caller)?;
    let rows = app.store.bind(&caller);
    let read = rows.write(move |tx| async move { inbox::read_all(&tx, user, tx.now()).await }).await?;
    Ok(Json(ReadAll { read }))
}
