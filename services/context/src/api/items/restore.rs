//! `POST /api/v1/context/sessions/{id}/items/{itemId}/restore`

use axum::extract::State;
use banyan_http::{Path, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;

use super::ContextItem;
use crate::App;
use crate::store::{items, sessions};

/// Brings a deleted item back, for those who may write. One that is there stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/context/sessions/{id}/items/{itemId}/restore",
    operation_id = "restoreContextItem",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session."), ("itemId" = Uuid, Path, description = "The item.")),
    responses(
        (status = 200, description = "The item as it is now.", body = ContextItem),
        (status = 409, description = "The session is full, put away or over.")
    )
)]
pub(crate) async fn restore_context_item(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path((session, id)): Path<(Uuid, Uuid)>,
) -> Result<Tagged<ContextItem>, Problem> {
    let rows = app.store.bind(&caller);
    let restored = rows.write(move |tx| async move {
        sessions::writable(&tx, session).await?;
        let row = items::locked(&tx, session, id).await?;
        items::restore(&tx, &row).await
    });
    Ok(ContextItem::from(restored.await?).tagged())
}
