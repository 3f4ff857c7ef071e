//! `DELETE /api/v1/context/sessions/{id}/items/{itemId}`

use axum::extract::State;
use banyan_http::{NoContent, Path, Preconditions, Problem, SignedIn};
use banyan_kernel::Uuid;

use crate::App;
use crate::api::tag;
use crate::error::ContextError;
use crate::store::{items, sessions};

/// Deletes an item, for those who may write. For 30 days it can be brought back; then it is gone for good. With `If-Match` only that version.
#[utoipa::path(
    delete,
    path = "/api/v1/context/sessions/{id}/items/{itemId}",
    operation_id = "deleteContextItem",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session."), ("itemId" = Uuid, Path, description = "The item.")),
    responses(
        (status = 204, description = "It is deleted."),
        (status = 409, description = "The item has another version, which `presentVersion` says; or the session is put away or over.")
    )
)]
pub(crate) async fn delete_context_item(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path((session, id)): Path<(Uuid, Uuid)>,
) -> Result<NoContent, Problem> {
    let (rows, preconditions) = (app.store.bind(&caller), &preconditions);
    let deleted = rows.write(move |tx| async move {
        sessions::writable(&tx, session).await?;
        let row = items::locked(&tx, session, id).await?;
        preconditions.allow(&tag(id, row.version)).map_err(|_| ContextError::Stale { present: row.version })?;
        items::delete(&tx, &row).await
    });
    deleted.await?;
    Ok(NoContent)
}
