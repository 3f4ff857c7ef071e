//! `POST /api/v1/realtime/documents/{id}/versions/{versionId}/restore`

use axum::extract::State;
use banyan_http::{Json, Path, Problem, SignedIn};
use banyan_kernel::Uuid;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{done, writable};
use crate::App;
use crate::documents::Work;

/// How far the document has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RestoredDocument {
    /// Of the update that made it what it was; that of the latest one where nothing was different.
    seq: i64,
}

/// Makes a document what it was, for who may change it: as a change, which everybody sees who is there, and which is in the history itself.
#[utoipa::path(
    post,
    path = "/api/v1/realtime/documents/{id}/versions/{versionId}/restore",
    operation_id = "restoreDocumentVersion",
    tag = "realtime",
    params(
        ("id" = String, Path, description = "The room whose document it is."),
        ("versionId" = Uuid, Path, description = "The version.")
    ),
    responses((status = 200, description = "It is again what it was.", body = RestoredDocument))
)]
pub(crate) async fn restore_document_version(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path((id, version)): Path<(String, Uuid)>,
) -> Result<Json<RestoredDocument>, Problem> {
    let room = writable(&app, &caller, &id).await?;
    let (_, content) = app.engine.documents.documents().version(&room, version).await?;
    let author = caller.user_id();
    let kept = done(&app, &room, |answer| Work::Restore { version: content, author, answer }).await?;
    Ok(Json(RestoredDocument { seq: kept.seq }))
}
