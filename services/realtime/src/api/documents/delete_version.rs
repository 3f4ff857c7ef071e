//! `DELETE /api/v1/realtime/documents/{id}/versions/{versionId}`

use axum::extract::State;
use banyan_http::{NoContent, Path, Problem, SignedIn};
use banyan_kernel::Uuid;

use super::writable;
use crate::App;

/// Forgets a version, for who may change the document, which stays as it is.
#[utoipa::path(
    delete,
    path = "/api/v1/realtime/documents/{id}/versions/{versionId}",
    operation_id = "deleteDocumentVersion",
    tag = "realtime",
    params(
        ("id" = String, Path, description = "The room whose document it is."),
        ("versionId" = Uuid, Path, description = "The version.")
    ),
    responses((status = 204, description = "It is forgotten."))
)]
pub(crate) async fn delete_document_version(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path((id, version)): Path<(String, Uuid)>,
) -> Result<NoContent, Problem> {
    let room = writable(&app, &caller, &id).await?;
    app.engine.documents.documents().delete_version(&room, version).await?;
    Ok(NoContent)
}
