//! `GET /api/v1/context/sessions/{id}/items/{itemId}/versions/{version}`

use axum::extract::State;
use banyan_http::{Json, Path, Problem, SignedIn};
use banyan_kernel::Uuid;

use super::ContextItemVersion;
use crate::App;
use crate::store::{items, sessions};

/// Reads an item as it was after one change.
#[utoipa::path(
    get,
    path = "/api/v1/context/sessions/{id}/items/{itemId}/versions/{version}",
    operation_id = "getContextItemVersion",
    tag = "context",
    params(
        ("id" = Uuid, Path, description = "The session."),
        ("itemId" = Uuid, Path, description = "The item."),
        ("version" = i64, Path, description = "The number.")
    ),
    responses((status = 200, description = "The version.", body = ContextItemVersion))
)]
pub(crate) async fn get_context_item_version(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path((session, id, version)): Path<(Uuid, Uuid, i64)>,
) -> Result<Json<ContextItemVersion>, Problem> {
    let rows = app.store.bind(&caller);
    let read = rows.read(move |tx| async move {
        sessions::visible(&tx, session).await?;
        items::version(&tx, session, id, version).await
    });
    Ok(Json(ContextItemVersion::whole(read.await?)))
}
