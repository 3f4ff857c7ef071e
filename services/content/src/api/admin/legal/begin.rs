//! `POST /api/v1/admin/legal/{kind}/versions`

use axum::extract::State;
use banyan_http::{Allowed, Created, Idempotency, Path, Problem, Tenant, permit};
use banyan_store::audit::Record;
use serde_json::json;

use super::LegalVersion;
use crate::App;
use crate::entity::legal_version::Kind;
use crate::error::ContentError;
use crate::store::legal;

/// Begins a draft with the words that count now, in all languages. Nobody but those who run the tenant sees it.
#[utoipa::path(
    post,
    path = "/api/v1/admin/legal/{kind}/versions",
    operation_id = "beginLegalVersion",
    tag = "administration",
    params(("kind" = String, Path, description = "`privacy`, `terms` or `consent`.")),
    responses((status = 201, description = "The draft.", body = LegalVersion))
)]
pub(crate) async fn begin_legal_version(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::ContentManage>,
    tenant: Tenant,
    Path(kind): Path<Kind>,
    Idempotency(key): Idempotency,
) -> Result<Created<LegalVersion>, Problem> {
    let (rows, app, application) = (app.store.bind(&caller), &app, tenant.application.name());
    let begun = rows.write_once(key.as_ref(), move |tx| async move {
        let texts = legal::current(&tx, &app.shelves, application, kind, tx.now()).await?;
        // Beyond all numbers of the files, so that no two versions are called the same.
        let of_files = app.shelves.of(application).iter().filter(|text| text.kind == kind).map(|text| text.number).max();
        let row = legal::begin(&tx, kind, of_files.unwrap_or(0), &texts).await?;
        tx.audit(
            Record::new("legal.begun").object("legal-version", row.id).detail(json!({ "kind": kind, "number": row.number })),
        );
        Ok::<_, ContentError>(LegalVersion::from(&row))
    });
    let begun = begun.await?;
    Ok(Created::at(format!("/api/v1/admin/legal/{}/versions/{}", kind.word(), begun.number), begun))
}
