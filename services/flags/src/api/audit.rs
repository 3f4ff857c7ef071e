//! `GET /api/v1/admin/flags/audit`

use axum::extract::State;
use banyan_http::audit::{self, AuditRecord, Which};
use banyan_http::{Allowed, Paged, Paging, Problem, Query, permit};

use crate::app::App;

/// Lists what was done to flags, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/admin/flags/audit",
    operation_id = "listFlagsAudit",
    tag = "administration",
    params(Which, Paging),
    responses((status = 200, description = "A page of records.", body = Paged<AuditRecord>))
)]
pub(crate) async fn list_flags_audit(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::AuditRead>,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<AuditRecord>, Problem> {
    audit::list(&app.store.bind(&caller), &which, &paging).await
}
