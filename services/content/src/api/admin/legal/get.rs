//! `GET /api/v1/admin/legal/{kind}/versions/{number}`

use axum::extract::State;
use banyan_http::{Allowed, Json, Path, Problem, permit};
use serde::Serialize;
use utoipa::ToSchema;

use super::{LegalVersion, LegalWords};
use crate::App;
use crate::entity::legal_version::Kind;
use crate::error::ContentError;
use crate::store::legal;

/// A version with its words in all languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LegalVersionSheet {
    #[serde(flatten)]
    version: LegalVersion,
    texts: Vec<LegalWords>,
}

/// Reads one of the tenant's own versions, draft or published.
#[utoipa::path(
    get,
    path = "/api/v1/admin/legal/{kind}/versions/{number}",
    operation_id = "getLegalVersion",
    tag = "administration",
    params(
        ("kind" = String, Path, description = "`privacy`, `terms` or `consent`."),
        ("number" = i64, Path, description = "The version.")
    ),
    responses(
        (status = 200, description = "The version.", body = LegalVersionSheet),
        (status = 404, description = "There is no such version.")
    )
)]
pub(crate) async fn get_legal_version(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::ContentManage>,
    Path((kind, number)): Path<(Kind, i64)>,
) -> Result<Json<LegalVersionSheet>, Problem> {
    let rows = app.store.bind(&caller);
    let read = rows.read(move |tx| async move {
        let row = legal::find(&tx, kind, number).await?.ok_or(ContentError::Missing)?;
        let texts = legal::rows(&tx, row.id).await?;
        Ok::<_, ContentError>((row, texts))
    });
    let (row, texts) = read.await?;
    let texts = texts.into_iter().map(LegalWords::from).collect();
    Ok(Json(LegalVersionSheet { version: LegalVersion::from(&row), texts }))
}
