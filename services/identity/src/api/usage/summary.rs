//! `GET /api/v1/usage/summary`

use axum::Json;
use banyan_http::{Check, FieldError, Problem, Query, SignedIn, Validate};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{Rows, Tx};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Which;
use crate::Identity;
use crate::api::api_keys::check_moment;
use crate::store::usage::{self, Part, UsageFilter, UsageSum};

/// More sums than this are of no use to a reader; the busiest, or the latest hours, are shown.
const MOST_SUMS: usize = 5_000;

/// What is added up, and by what.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Sums {
    /// One sum for each of these together: `hour`, `key`, `route`, `version`, separated by commas. Left out, it is one sum of all.
    #[param(max_length = 40, example = "hour,route")]
    by: Option<String>,
    /// From this time on (RFC 3339); a week ago, if it is left out.
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

impl Validate for Sums {
    fn validate(&self, check: &mut Check) {
        if self.parts().is_none() {
            check.error("by", FieldError::not_one_of(&Part::ALL.map(Part::name)));
        }
        check_moment(check, "from", self.from.as_deref());
        check_moment(check, "to", self.to.as_deref());
        check.line("route", &self.route).length(1, 200).any();
    }
}

impl Sums {
    /// None if one of them is unknown. Named twice is named once.
    fn parts(&self) -> Option<Vec<Part>> {
        let named = self.by.as_deref().unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
        let mut parts = named.map(|name| Part::ALL.into_iter().find(|part| part.name() == name)).collect::<Option<Vec<_>>>()?;
        parts.sort_unstable();
        parts.dedup();
        Some(parts)
    }

    pub(in crate::api) fn wanted(self, user: Option<Uuid>) -> (Vec<Part>, UsageFilter) {
        let parts = self.parts().unwrap_or_default();
        let which = Which { from: self.from, to: self.to, key: self.key, route: self.route, version: self.version };
        (parts, which.filter(user))
    }
}

/// Requests added up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "hour": "2025-01-01T08:00:00Z", "route": "/api/v1/goals", "requests": 120, "refused": 3, "limited": 1, "failed": 0, "averageMillis": 4.2
}))]
pub(in crate::api) struct Sum {
    /// The hour's beginning, if `by` names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    hour: Option<Timestamp>,
    /// The API key, if `by` names it; `null` for requests without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    key_id: Option<Option<Uuid>>,
    /// If `by` names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<String>,
    /// Of the interface, if `by` names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    requests: i64,
    /// Answered 4xx.
    refused: i64,
    /// Answered 429; they are among the refused.
    limited: i64,
    /// Answered 5xx.
    failed: i64,
    average_millis: f64,
}

impl From<UsageSum> for Sum {
    fn from(sum: UsageSum) -> Self {
        Self {
            hour: sum.hour.map(Timestamp::from_micros),
            key_id: sum.key.map(|key| Some(key).filter(|key| !key.is_nil())),
            route: sum.route,
            version: sum.version,
            requests: sum.counts.requests,
            refused: sum.counts.refused,
            limited: sum.counts.limited,
            failed: sum.counts.failed,
            average_millis: super::average_millis(sum.counts.micros, sum.counts.requests),
        }
    }
}

/// Sums, the latest hour or else the greatest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct Summary {
    data: Vec<Sum>,
    /// Whether there are more sums than the 5,000 that are shown: ask for less at a time.
    truncated: bool,
}

pub(in crate::api) async fn sum_up(rows: &Rows, (parts, filter): (Vec<Part>, UsageFilter)) -> Result<Json<Summary>, Problem> {
    let (parts, filter) = (&parts, &filter);
    let read = move |tx: Tx| async move { usage::sums(&tx, filter, parts, MOST_SUMS as u64 + 1).await };
    let mut data: Vec<Sum> = rows.read(read).await?.into_iter().map(Sum::from).collect();
    let truncated = data.len() > MOST_SUMS;
    data.truncate(MOST_SUMS);
    Ok(Json(Summary { data, truncated }))
}

/// Adds up what the caller's API keys have asked: by hour, key, route, version, or any of them together.
#[utoipa::path(
    get,
    path = "/api/v1/usage/summary",
    operation_id = "summarizeUsage",
    tag = "API keys",
    params(Sums),
    responses((status = 200, description = "The sums.", body = Summary))
)]
pub(super) async fn summarize_usage(
    identity: Identity,
    SignedIn(caller): SignedIn,
    Query(sums): Query<Sums>,
) -> Result<Json<Summary>, Problem> {
    let user = caller.require_user()?;
    sum_up(&identity.rows(&caller), sums.wanted(Some(user))).await
}
