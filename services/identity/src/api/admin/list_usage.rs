//! `GET /api/v1/admin/usage`

use banyan_http::{Allowed, Paged, Paging, Problem, Query, permit};

use crate::Identity;
use crate::api::usage::{Usage, Which, page};

/// Lists by the hour what was asked in the tenant, by key, route and version. It is written each minute.
#[utoipa::path(
    get,
    path = "/api/v1/admin/usage",
    operation_id = "listAllUsage",
    tag = "administration",
    params(Which, Paging),
    responses((status = 200, description = "A page of hours.", body = Paged<Usage>))
)]
pub(super) async fn list_all_usage(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::AnalyticsRead>,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<Usage>, Problem> {
    page(&identity.rows(&caller), which.filter(None), &paging).await
}
