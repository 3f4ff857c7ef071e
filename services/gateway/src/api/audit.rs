//! `GET /api/v1/admin/gateway/audit`

use axum::extract::State;
use banyan_http::audit::{self, AuditRecord, Which};
use banyan_http::{Allowed, Paged, Paging, Problem, Query, permit};

use crate::App;

/// Lists what was done to the front door, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/admin/gateway/audit",
    operation_id = "listGatewayAudit",
    tag = "administration",
    params(Which, Paging),
    responses((status = 200, description = "A page of records.", body = Paged<AuditRecord>))
)]
pub(crate) async fn list_gateway_audit(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::AuditRead>,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<AuditRecord>, Problem> {
    audit::list(&app.store.bind(&caller), &which, &paging).await
}
