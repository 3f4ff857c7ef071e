//! `GET /api/v1/admin/translations/audit`

use axum::extract::State;
use banyan_http::audit::{self, AuditRecord, Which};
use banyan_http::{Allowed, Paged, Paging, Problem, Query, permit};

use crate::App;

/// Lists what was done around translations, the latest first: what was approved, published and rolled back, and by whom.
#[utoipa::path(
    get,
    path = "/api/v1/admin/translations/audit",
    operation_id = "listTranslationsAudit",
    tag = "administration",
    params(Which, Paging),
    responses((status = 200, description = "A page of records.", body = Paged<AuditRecord>))
)]
pub(crate) async fn list_translations_audit(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::AuditRead>,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<AuditRecord>, Problem> {
    audit::list(&app.store.bind(&caller), &which, &paging).await
}
