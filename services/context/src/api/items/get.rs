//! `GET /api/v1/context/sessions/{id}/items/{itemId}`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;

use super::ContextItem;
use crate::App;
use crate::store::items;

/// Reads an item.
#[utoipa::path(
    get,
    path = "/api/v1/context/sessions/{id}/items/{itemId}",
    operation_id = "getContextItem",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session."), ("itemId" = Uuid, Path, description = "The item.")),
    responses(
        (status = 200, description = "The item.", body = ContextItem),
        (status = 304, description = "The client has it already.")
    )
)]
pub(crate) async fn get_context_item(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path((session, id)): Path<(Uuid, Uuid)>,
) -> Result<Tagged<ContextItem>, Problem> {
    let rows = app.store.bind(&caller);
    let read = rows.read(move |tx| async move { items::visible(&tx, session, id).await });
    let item = ContextItem::from(read.await?);
    Ok(preconditions.answer(item.tag(), || item))
}
