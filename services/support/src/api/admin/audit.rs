//! `GET /api/v1/admin/support/audit`

use axum::extract::State;
use banyan_http::audit::{self, AuditRecord, Which};
use banyan_http::{Allowed, Paged, Paging, Problem, Query, permit};

use crate::App;

/// Lists what was done around tickets, the latest first: who read whose, answered, decided, and what became of data requests.
#[utoipa::path(
    get,
    path = "/api/v1/admin/support/audit",
    operation_id = "listSupportAudit",
    tag = "administration",
    params(Which, Paging),
    responses((status = 200, description = "A page of records.", body = Paged<AuditRecord>))
)]
pub(crate) async fn list_support_audit(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::AuditRead>,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<AuditRecord>, Problem> {
    audit::list(&app.store.bind(&caller), &which, &paging).await
}
