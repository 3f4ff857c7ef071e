//! `GET /api/v1/context/sessions/{id}/items/{itemId}/versions`

use axum::extract::State;
use banyan_http::{Paged, Paging, Path, Problem, SignedIn};
use banyan_kernel::Uuid;

use super::ContextItemVersion;
use crate::App;
use crate::store::{items, sessions};

/// Lists the versions of an item, deleted or not, the latest first, without their values. The last fifty are kept. `orderBy` is `version`.
#[utoipa::path(
    get,
    path = "/api/v1/context/sessions/{id}/items/{itemId}/versions",
    operation_id = "listContextItemVersions",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session."), ("itemId" = Uuid, Path, description = "The item."), Paging),
    responses((status = 200, description = "A page of versions.", body = Paged<ContextItemVersion>))
)]
pub(crate) async fn list_context_item_versions(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path((session, id)): Path<(Uuid, Uuid)>,
    paging: Paging,
) -> Result<Paged<ContextItemVersion>, Problem> {
    let (rows, paging) = (app.store.bind(&caller), &paging);
    let page = rows.read(move |tx| async move {
        sessions::visible(&tx, session).await?;
        items::require(&tx, session, id).await?;
        items::versions(&tx, session, id, paging).await
    });
    Ok(page.await?.map(ContextItemVersion::listed))
}
