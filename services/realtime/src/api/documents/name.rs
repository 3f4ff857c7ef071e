//! `POST /api/v1/realtime/documents/{id}/versions`

use axum::extract::State;
use banyan_http::{Check, Created, Once, Path, Problem, SignedIn, Validate};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{DocumentVersion, done, writable};
use crate::App;
use crate::documents::{DocumentError, Work};

/// What a version is called.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "Before the review"}))]
pub(crate) struct NewDocumentVersion {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

impl Validate for NewDocumentVersion {
    fn validate(&self, check: &mut Check) {
        check.line("name", &self.name).not_blank().length(1, 200).any();
    }
}

/// Keeps what a document is now, for who may change it. It stays until somebody deletes it; a document has a hundred of them at most.
#[utoipa::path(
    post,
    path = "/api/v1/realtime/documents/{id}/versions",
    operation_id = "nameDocumentVersion",
    tag = "realtime",
    params(("id" = String, Path, description = "The room whose document it is.")),
    request_body = NewDocumentVersion,
    responses(
        (status = 201, description = "The version.", body = DocumentVersion),
        (status = 409, description = "Nothing was written yet, or there are a hundred.")
    )
)]
pub(crate) async fn name_document_version(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<String>,
    Once { key, body: wanted }: Once<NewDocumentVersion>,
) -> Result<Created<DocumentVersion>, Problem> {
    let room = writable(&app, &caller, &id).await?;
    let author = caller.user_id();
    // Who says it again gets the same id, and what has that id is there already.
    let rows = app.engine.documents.documents().0.bind(&caller);
    let id = match &key {
        Some(key) => rows.write_once(Some(key), |tx| async move { Ok::<Uuid, DocumentError>(tx.new_id()) }).await?,
        None => app.engine.ids.next(),
    };
    let version = done(&app, &room, |answer| Work::Name { id, name: wanted.name, author, answer }).await?;
    let version = DocumentVersion::from(version);
    Ok(Created::at(format!("/api/v1/realtime/documents/{id}/versions/{}", version.id), version))
}
