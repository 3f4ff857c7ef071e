//! `DELETE /api/v1/admin/legal/{kind}/versions/{number}`

use axum::extract::State;
use banyan_http::{Allowed, NoContent, Path, Problem, permit};
use banyan_store::audit::Record;
use serde_json::json;

use crate::App;
use crate::entity::legal_version::Kind;
use crate::error::ContentError;
use crate::store::legal;

/// Throws a draft away. What was published stays: people accepted it.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/legal/{kind}/versions/{number}",
    operation_id = "removeLegalDraft",
    tag = "administration",
    params(
        ("kind" = String, Path, description = "`privacy`, `terms` or `consent`."),
        ("number" = i64, Path, description = "The draft.")
    ),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "There is no such version."),
        (status = 409, description = "It is published.")
    )
)]
pub(crate) async fn remove_legal_draft(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::ContentManage>,
    Path((kind, number)): Path<(Kind, i64)>,
) -> Result<NoContent, Problem> {
    let rows = app.store.bind(&caller);
    let removed = rows.write(move |tx| async move {
        let draft = legal::draft(&tx, kind, number).await?;
        legal::remove(&tx, &draft).await?;
        tx.audit(
            Record::new("legal.removed").object("legal-version", draft.id).detail(json!({ "kind": kind, "number": number })),
        );
        Ok::<_, ContentError>(())
    });
    removed.await?;
    Ok(NoContent)
}
