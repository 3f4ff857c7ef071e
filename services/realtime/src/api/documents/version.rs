//! `GET /api/v1/realtime/documents/{id}/versions/{versionId}`

use axum::extract::State;
use banyan_http::{Json, Path, Problem, SignedIn};
use banyan_kernel::Uuid;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{DocumentVersion, readable};
use crate::App;

/// A version with its content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct WholeDocumentVersion {
    #[serde(flatten)]
    version: DocumentVersion,
    /// All of the document as one update of Yjs (version 1), in base64: `Y.applyUpdate(new Y.Doc(), …)`.
    content: String,
}

/// Reads what a document was, for who may read it.
#[utoipa::path(
    get,
    path = "/api/v1/realtime/documents/{id}/versions/{versionId}",
    operation_id = "getDocumentVersion",
    tag = "realtime",
    params(
        ("id" = String, Path, description = "The room whose document it is."),
        ("versionId" = Uuid, Path, description = "The version.")
    ),
    responses((status = 200, description = "The version.", body = WholeDocumentVersion))
)]
pub(crate) async fn get_document_version(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path((id, version)): Path<(String, Uuid)>,
) -> Result<Json<WholeDocumentVersion>, Problem> {
    let room = readable(&app, &caller, &id).await?;
    let (version, content) = app.engine.documents.documents().version(&room, version).await?;
    Ok(Json(WholeDocumentVersion { version: version.into(), content: STANDARD.encode(content) }))
}
