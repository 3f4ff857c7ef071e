//! `GET /api/v1/usage`

pub(super) mod export;
pub(super) mod summary;

use banyan_http::{Check, Paged, Paging, Problem, Query, SignedIn, Validate};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{Rows, Tx};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Desk;
use super::api_keys::{check_moment, moment};
use crate::Identity;
use crate::entity::usage_hour::{self, Column};
use crate::store::usage::{self, UsageFilter};

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list_usage))
        .routes(routes!(summary::summarize_usage))
        .routes(routes!(export::export_usage))
}

/// Which hours to show.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// From this time on (RFC 3339).
    #[param(max_length = 40)]
    from: Option<String>,
    /// Before this time (RFC 3339).
    #[param(max_length = 40)]
    to: Option<String>,
    /// Of this API key alone.
    key: Option<Uuid>,
    /// Of this route alone: `/api/v1/goals/{id}`.
    #[param(max_length = 200)]
    route: Option<String>,
    /// Of this version of the interface alone.
    #[param(minimum = 1, maximum = 4294967295_u32)]
    version: Option<u32>,
}

impl Validate for Which {
    fn validate(&self, check: &mut Check) {
        check_moment(check, "from", self.from.as_deref());
        check_moment(check, "to", self.to.as_deref());
        check.line("route", &self.route).length(1, 200).any();
    }
}

impl Which {
    pub(super) fn filter(self, user: Option<Uuid>) -> UsageFilter {
        let time = |text: Option<String>| text.as_deref().and_then(moment);
        UsageFilter { user, key: self.key, route: self.route, version: self.version, from: time(self.from), to: time(self.to) }
    }
}

/// One hour of one key, route and version.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "hour": "2025-01-01T08:00:00Z", "keyId": "01941f29-7c00-7000-8000-0000000000cc", "route": "/api/v1/goals", "version": 1,
    "requests": 120, "refused": 3, "limited": 1, "failed": 0, "averageMillis": 4.2
}))]
pub(super) struct Usage {
    /// Its beginning.
    #[schema(value_type = String, format = DateTime)]
    hour: Timestamp,
    /// The API key; `null` for requests without one.
    key_id: Option<Uuid>,
    route: String,
    /// Of the interface.
    version: i64,
    requests: i64,
    /// Answered 4xx.
    refused: i64,
    /// Answered 429; they are among the refused.
    limited: i64,
    /// Answered 5xx.
    failed: i64,
    average_millis: f64,
}

impl From<usage_hour::Model> for Usage {
    fn from(row: usage_hour::Model) -> Self {
        Self {
            hour: Timestamp::from_micros(row.hour),
            key_id: Some(row.key_id).filter(|key| !key.is_nil()),
            route: row.route,
            version: row.version,
            requests: row.requests,
            refused: row.refused,
            limited: row.limited,
            failed: row.failed,
            average_millis: average_millis(row.micros, row.requests),
        }
    }
}

/// To a hundredth.
#[expect(clippy::cast_precision_loss, reason = "a mean for people")]
pub(super) fn average_millis(micros: i64, requests: i64) -> f64 {
    (micros as f64 / requests.max(1) as f64 / 10.0).round() / 100.0
}

/// A page of hours. `orderBy` is `hour` (the default) or `requests`.
pub(super) async fn page(rows: &Rows, filter: UsageFilter, paging: &Paging) -> Result<Paged<Usage>, Problem> {
    let filter = &filter;
    let columns = &[("hour", Column::Hour), ("requests", Column::Requests)];
    let read = move |tx: Tx| async move { paging.fetch(&tx, usage::select(filter), columns).await };
    Ok(rows.read(read).await?.map(Usage::from))
}

/// Lists by the hour what the caller's API keys have asked. It is written each minute. `orderBy` is `hour` (the default) or `requests`.
#[utoipa::path(
    get,
    path = "/api/v1/usage",
    operation_id = "listUsage",
    tag = "API keys",
    params(Which, Paging),
    responses((status = 200, description = "A page of hours.", body = Paged<Usage>))
)]
pub(super) async fn list_usage(
    identity: Identity,
    SignedIn(caller): SignedIn,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<Usage>, Problem> {
    let user = caller.require_user()?;
    page(&identity.rows(&caller), which.filter(Some(user)), &paging).await
}
