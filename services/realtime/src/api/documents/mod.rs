//! Shared documents: the connection, and their history.

pub(super) mod connect;
mod delete;
mod delete_version;
mod name;
mod restore;
mod version;
mod versions;

use banyan_contracts::realtime::RoomAccess;
use banyan_http::Problem;
use banyan_kernel::{Caller, ErrorCode, Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::documents::{DocumentError, TooMany, Work, allowed};
use crate::entity::document_version::Model;
use crate::room::RoomKey;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(connect::connect_document))
        .routes(routes!(delete::delete_document))
        .routes(routes!(versions::list_document_versions, name::name_document_version))
        .routes(routes!(version::get_document_version, delete_version::delete_document_version))
        .routes(routes!(restore::restore_document_version))
}

/// What a document was at some time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-000000000031", "name": "Before the review", "seq": 412, "size": 10_240,
    "authorId": "01941f29-7c00-7000-8000-0000000000aa", "createdAt": "2025-01-02T08:00:00Z"
}))]
pub(crate) struct DocumentVersion {
    id: Uuid,
    /// `null` for what was kept without anybody asking.
    name: Option<String>,
    /// Of the latest update in it.
    seq: i64,
    /// Of its content, in bytes.
    size: i64,
    /// Who named it; `null` where nobody did, and where that person was erased.
    author_id: Option<Uuid>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Model> for DocumentVersion {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            seq: row.seq,
            size: row.size,
            author_id: row.author_id,
            created_at: Timestamp::from_micros(row.created_at),
        }
    }
}

impl From<DocumentError> for Problem {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::Gone | DocumentError::NoVersion => Self::hidden(),
            DocumentError::Nothing => Self::new(ErrorCode::Conflict).detail_message("realtime-document-empty", []),
            DocumentError::FullOfVersions => Self::new(ErrorCode::Conflict).detail_message("realtime-document-versions", []),
            DocumentError::Broken => Self::new(ErrorCode::ServiceUnavailable).detail_message("realtime-document-away", []),
            DocumentError::Problem(problem) => problem,
            DocumentError::Store(error) => error.into(),
        }
    }
}

/// The document, for who may read it.
async fn readable(app: &App, caller: &Caller, id: &str) -> Result<RoomKey, Problem> {
    Ok(allowed(&app.engine, caller, id).await?.0)
}

/// The document, for who may change it.
async fn writable(app: &App, caller: &Caller, id: &str) -> Result<RoomKey, Problem> {
    let (room, access) = allowed(&app.engine, caller, id).await?;
    if access == (RoomAccess { subscribe: true, publish: true }) { Ok(room) } else { Err(Problem::hidden()) }
}

/// Has the document's keeper do something.
async fn done<T>(
    app: &App,
    room: &RoomKey,
    work: impl FnOnce(oneshot::Sender<Result<T, DocumentError>>) -> Work,
) -> Result<T, Problem> {
    let (sender, receiver) = oneshot::channel();
    let given = app.engine.documents.give(&app.engine, room, work(sender)).await;
    given.map_err(|TooMany| Problem::from(ErrorCode::Overloaded))?;
    // Whoever goes away without an answer could not work on it.
    Ok(receiver.await.unwrap_or(Err(DocumentError::Broken))?)
}
