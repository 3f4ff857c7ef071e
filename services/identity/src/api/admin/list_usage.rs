//! `GET /api/v1/admin/usage`, and what is made of it.

use axum::Json;
use axum::response::Response;
use banyan_http::{Allowed, Paged, Paging, Problem, Query, Tenant, Validate, permit};
use banyan_kernel::{ErrorCode, OPERATORS, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Identity;
use crate::api::Desk;
use crate::api::api_keys::{check_moment, moment};
use crate::api::usage::export::table;
use crate::api::usage::summary::{Summary, Sums, sum_up};
use crate::api::usage::{Usage, Which, average_millis, page};
use crate::store::usage::UsageFilter;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list_all_usage))
        .routes(routes!(summarize_all_usage))
        .routes(routes!(export_all_usage))
        .routes(routes!(list_tenant_usage))
}

/// Lists by the hour what was asked in the tenant, by key, route and version. It is written each minute.
#[utoipa::path(
    get,
    path = "/api/v1/admin/usage",
    operation_id = "listAllUsage",
    tag = "administration",
    params(Which, Paging),
    responses((status = 200, description = "A page of hours.", body = Paged<Usage>))
)]
async fn list_all_usage(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::AnalyticsRead>,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<Usage>, Problem> {
    page(&identity.rows(&caller), which.filter(None), &paging).await
}

/// Adds up what was asked in the tenant: by hour, key, route, version, or any of them together.
#[utoipa::path(
    get,
    path = "/api/v1/admin/usage/summary",
    operation_id = "summarizeAllUsage",
    tag = "administration",
    params(Sums),
    responses((status = 200, description = "The sums.", body = Summary))
)]
async fn summarize_all_usage(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::AnalyticsRead>,
    Query(sums): Query<Sums>,
) -> Result<Json<Summary>, Problem> {
    sum_up(&identity.rows(&caller), sums.wanted(None)).await
}

/// Gives what was asked in the tenant as a table for spreadsheets (CSV): a line for each hour, key, route and version, the oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/admin/usage/export",
    operation_id = "exportAllUsage",
    tag = "administration",
    params(Which),
    responses((status = 200, description = "The table.", body = String, content_type = "text/csv"))
)]
async fn export_all_usage(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::AnalyticsRead>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    table(identity.rows(&caller), which.filter(None)).await
}

/// From when to when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Span {
    /// From this time on (RFC 3339); a week ago, if it is left out.
    #[param(max_length = 40)]
    from: Option<String>,
    /// Before this time (RFC 3339).
    #[param(max_length = 40)]
    to: Option<String>,
}

impl Validate for Span {
    fn validate(&self, check: &mut banyan_http::Check) {
        check_moment(check, "from", self.from.as_deref());
        check_moment(check, "to", self.to.as_deref());
    }
}

/// What one tenant has asked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "tenantId": "01941f29-7c00-7000-8000-000000000001", "name": "upcoach", "requests": 120, "refused": 3, "limited": 1, "failed": 0,
    "averageMillis": 4.2
}))]
struct TenantUsage {
    tenant_id: Uuid,
    name: String,
    requests: i64,
    /// Answered 4xx.
    refused: i64,
    /// Answered 429; they are among the refused.
    limited: i64,
    /// Answered 5xx.
    failed: i64,
    average_millis: f64,
}

/// Lists how much each tenant has asked, in the order of their names. For the operators' tenant: it counts requests and shows no rows.
#[utoipa::path(
    get,
    path = "/api/v1/admin/usage/tenants",
    operation_id = "listTenantUsage",
    tag = "administration",
    params(Span, Paging),
    responses((status = 200, description = "A page of tenants.", body = Paged<TenantUsage>))
)]
async fn list_tenant_usage(
    identity: Identity,
    _: Allowed<permit::AnalyticsRead>,
    tenant: Tenant,
    Query(span): Query<Span>,
    paging: Paging,
) -> Result<Paged<TenantUsage>, Problem> {
    if &*tenant.name != OPERATORS {
        return Err(Problem::new(ErrorCode::Forbidden));
    }
    // The order is fixed; a wish for another one is refused, as in every list.
    paging.ordered_by::<()>(&[])?;
    let time = |text: Option<String>| text.as_deref().and_then(moment);
    let filter = UsageFilter { from: time(span.from), to: time(span.to), ..UsageFilter::default() };
    let tenants = paging.cut(identity.tenants().into_iter());
    let mut data = Vec::with_capacity(tenants.data.len());
    for info in tenants.data {
        let counts = identity.tenant_usage(info.id, &filter).await?;
        data.push(TenantUsage {
            tenant_id: info.id,
            name: info.name.to_string(),
            requests: counts.requests,
            refused: counts.refused,
            limited: counts.limited,
            failed: counts.failed,
            average_millis: average_millis(counts.micros, counts.requests),
        });
    }
    Ok(Paged { data, pagination: tenants.pagination })
}
