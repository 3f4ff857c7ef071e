//! `GET /api/v1/admin/limits`

use banyan_contracts::limits::LimitedSubject;
use banyan_http::{Allowed, Paged, Paging, Problem, Tenant, permit};
use banyan_kernel::{Timestamp, Uuid};
use serde::Serialize;
use utoipa::ToSchema;

use super::{book, sight};
use crate::Identity;

/// Somebody whose next request would be refused.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "api:user:01941f29-7c00-7000-8000-0000000000aa", "tenantId": "01941f29-7c00-7000-8000-000000000001", "class": "api",
    "kind": "user", "requests": 1000, "windowSeconds": 900, "refused": 12, "until": "2025-01-01T08:00:00Z"
}))]
pub(super) struct Limited {
    id: String,
    tenant_id: Uuid,
    /// The class of routes.
    class: String,
    /// `user`, `key`, `tenant`, or `address`, which only operators see.
    kind: &'static str,
    /// The quota.
    requests: u32,
    window_seconds: u32,
    /// How many requests were refused so far.
    refused: u32,
    /// When the next one will be admitted.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
}

impl From<LimitedSubject> for Limited {
    fn from(subject: LimitedSubject) -> Self {
        Self {
            id: subject.id,
            tenant_id: subject.tenant,
            class: subject.class,
            kind: subject.kind.name(),
            requests: subject.requests,
            window_seconds: subject.window_seconds,
            refused: subject.refused,
            until: subject.until,
        }
    }
}

/// Lists who has used up a limit, the most refused first, as the server that answers has seen it.
#[utoipa::path(
    get,
    path = "/api/v1/admin/limits",
    operation_id = "listLimits",
    tag = "administration",
    params(Paging),
    responses((status = 200, description = "A page of those who are limited.", body = Paged<Limited>))
)]
pub(super) async fn list_limits(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersManage>,
    tenant: Tenant,
    paging: Paging,
) -> Result<Paged<Limited>, Problem> {
    // The order is fixed; a wish for another one is refused, as in every list.
    paging.ordered_by::<()>(&[])?;
    let skip = usize::try_from(paging.offset()).unwrap_or(usize::MAX);
    let take = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let found = book(&identity)?.limited(sight(&caller, &tenant), skip, take);
    Ok(Paged::new(&paging, found.total as u64, found.subjects.into_iter().map(Limited::from).collect()))
}
