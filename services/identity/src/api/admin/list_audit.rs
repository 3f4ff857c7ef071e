//! `GET /api/v1/admin/audit`

use banyan_http::audit::{self, AuditRecord, Which};
use banyan_http::{Allowed, Paged, Paging, Problem, Query, permit};

use crate::Identity;

/// Lists what was done around accounts, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/admin/audit",
    operation_id = "listAudit",
    tag = "administration",
    params(Which, Paging),
    responses((status = 200, description = "A page of records.", body = Paged<AuditRecord>))
)]
pub(super) async fn list_audit(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::AuditRead>,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<AuditRecord>, Problem> {
    audit::list(&identity.rows(&caller), &which, &paging).await
}
