//! `GET /api/v1/admin/content/audit`

use axum::extract::State;
use banyan_http::audit::{self, AuditRecord, Which};
use banyan_http::{Allowed, Paged, Paging, Problem, Query, permit};

use crate::App;

/// Lists what was done around content, the latest first: looks by administrators' right, grants given and taken back.
#[utoipa::path(
    get,
    path = "/api/v1/admin/content/audit",
    operation_id = "listContentAudit",
    tag = "administration",
    params(Which, Paging),
    responses((status = 200, description = "A page of records.", body = Paged<AuditRecord>))
)]
pub(crate) async fn list_content_audit(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::AuditRead>,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<AuditRecord>, Problem> {
    audit::list(&app.store.bind(&caller), &which, &paging).await
}
