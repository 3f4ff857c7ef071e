//! `GET /api/v1/realtime/documents/{id}/versions`

use axum::extract::State;
use banyan_http::{Paged, Paging, Path, Problem, SignedIn};

use super::{DocumentVersion, readable};
use crate::App;

/// Lists what was kept of a document, for who may read it, without the contents. `orderBy` is one of `seq` (the default), `createdAt`, `size`.
#[utoipa::path(
    get,
    path = "/api/v1/realtime/documents/{id}/versions",
    operation_id = "listDocumentVersions",
    tag = "realtime",
    params(("id" = String, Path, description = "The room whose document it is."), Paging),
    responses((status = 200, description = "A page of versions.", body = Paged<DocumentVersion>))
)]
pub(crate) async fn list_document_versions(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<String>,
    paging: Paging,
) -> Result<Paged<DocumentVersion>, Problem> {
    let room = readable(&app, &caller, &id).await?;
    let page = app.engine.documents.documents().versions(&room, &paging).await?;
    Ok(page.map(DocumentVersion::from))
}
