//! `POST /api/client/metrics`, `POST /api/client/metrics/bulk` and `POST /api/frontend/client/metrics`

use std::collections::HashMap;

use axum::extract::{Request, State};
use banyan_features::{Count, Snapshot};
use banyan_http::{FieldError, Problem};
use http::StatusCode;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::register::{malformed, seen};
use crate::clients::{ClientIdentity, ClientToken, Clients, FrontendToken};

/// Of one report: flags, or lines of a bulk.
const MOST: usize = 10_000;
/// Programs of one bulk.
const MOST_PROGRAMS: usize = 500;
/// What one report may say of one flag.
const HIGHEST: u64 = 1_000_000_000;

/// What an SDK counted of a while.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    app_name: String,
    #[serde(default)]
    environment: Option<String>,
    #[serde(default)]
    sdk_version: Option<String>,
    /// None: it tells of other things.
    #[serde(default)]
    bucket: Option<Bucket>,
}

#[derive(Debug, Deserialize)]
struct Bucket {
    #[serde(default)]
    toggles: HashMap<String, Sum>,
}

#[derive(Debug, Default, Deserialize)]
struct Sum {
    #[serde(default, deserialize_with = "count")]
    yes: u64,
    #[serde(default, deserialize_with = "count")]
    no: u64,
    #[serde(default, deserialize_with = "counts")]
    variants: HashMap<String, u64>,
}

/// What somebody between (Unleash Edge) has gathered from several programs.
#[derive(Debug, Deserialize)]
struct Bulk {
    #[serde(default)]
    applications: Vec<Gathered>,
    #[serde(default)]
    metrics: Vec<Line>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Gathered {
    app_name: String,
    #[serde(default)]
    environment: Option<String>,
    #[serde(default)]
    sdk_version: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    feature_name: String,
    environment: String,
    #[serde(flatten)]
    sum: Sum,
}

/// Takes in how often each flag was on and off in a program, and which variants it gave. Flags that are not there are left out.
#[utoipa::path(
    post,
    path = "/api/client/metrics",
    operation_id = "sendClientMetrics",
    tag = "flag clients",
    security(("flagToken" = [])),
    request_body(content = serde_json::Value, content_type = "application/json", description = "The counts, in Unleash's form."),
    responses((status = 202, description = "They were taken in."))
)]
pub(crate) async fn send_client_metrics(
    State(clients): State<Clients>,
    ClientToken(token): ClientToken,
    request: Request,
) -> Result<StatusCode, Problem> {
    take_in(&clients, &token, request).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The same from pages and apps.
#[utoipa::path(
    post,
    path = "/api/frontend/client/metrics",
    operation_id = "sendFrontendMetrics",
    tag = "flag clients",
    security(("flagToken" = [])),
    request_body(content = serde_json::Value, content_type = "application/json", description = "The counts, in Unleash's form."),
    responses((status = 200, description = "They were taken in."))
)]
pub(crate) async fn send_frontend_metrics(
    State(clients): State<Clients>,
    FrontendToken(token): FrontendToken,
    request: Request,
) -> Result<StatusCode, Problem> {
    take_in(&clients, &token, request).await?;
    Ok(StatusCode::OK)
}

/// Takes in what somebody between has gathered from several programs. Lines of other environments than the token's are left out.
#[utoipa::path(
    post,
    path = "/api/client/metrics/bulk",
    operation_id = "sendBulkMetrics",
    tag = "flag clients",
    security(("flagToken" = [])),
    request_body(content = serde_json::Value, content_type = "application/json", description = "The counts, in Unleash's form."),
    responses((status = 202, description = "They were taken in."))
)]
pub(crate) async fn send_bulk_metrics(
    State(clients): State<Clients>,
    ClientToken(token): ClientToken,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (_, body) = banyan_http::body::raw(request).await?;
    let bulk: Bulk = serde_json::from_slice(&body).map_err(|_| malformed(&body))?;
    for (field, length, most) in [("applications", bulk.applications.len(), MOST_PROGRAMS), ("metrics", bulk.metrics.len(), MOST)]
    {
        if length > most {
            return Err(Problem::invalid(field, FieldError::too_many(most)));
        }
    }
    for program in bulk.applications {
        seen(&clients, &token, &program.app_name, program.environment.as_deref(), program.sdk_version)?;
    }
    let mut by_environment: HashMap<String, Vec<(String, Sum)>> = HashMap::new();
    for line in bulk.metrics {
        if token.environment(Some(&line.environment), &clients).as_ref() == line.environment {
            by_environment.entry(line.environment).or_default().push((line.feature_name, line.sum));
        }
    }
    for (environment, sums) in by_environment {
        let snapshot = clients.snapshot(&token, &environment)?;
        add(&clients, &token, &snapshot, sums);
    }
    Ok(StatusCode::ACCEPTED)
}

async fn take_in(clients: &Clients, token: &ClientIdentity, request: Request) -> Result<(), Problem> {
    let (headers, body) = banyan_http::body::raw(request).await?;
    let report: Report = serde_json::from_slice(&body).map_err(|_| malformed(&body))?;
    let sdk = report.sdk_version.or_else(|| Some(headers.get("unleash-sdk")?.to_str().ok()?.to_owned()));
    seen(clients, token, &report.app_name, report.environment.as_deref(), sdk)?;
    let Some(bucket) = report.bucket else { return Ok(()) };
    if bucket.toggles.len() > MOST {
        return Err(Problem::invalid("bucket.toggles", FieldError::too_many(MOST)));
    }
    let environment = token.environment(report.environment.as_deref(), clients);
    let snapshot = clients.snapshot(token, &environment)?;
    add(clients, token, &snapshot, bucket.toggles);
    Ok(())
}

/// Only of flags that are there and that the token sees, and of variants that they have: what a client makes up fills no table.
fn add(clients: &Clients, token: &ClientIdentity, snapshot: &Snapshot, sums: impl IntoIterator<Item = (String, Sum)>) {
    let sees = |flag: &str| {
        let project = snapshot.project(flag);
        project.is_some_and(|project| token.projects.as_ref().is_none_or(|projects| projects.contains(project)))
    };
    let counts = sums.into_iter().filter(|(flag, _)| sees(flag)).map(|(flag, sum)| {
        let known = snapshot.variants(&flag);
        let variants = sum.variants.into_iter().filter(|(name, _)| known.iter().any(|known| **known == **name));
        let variants = variants.map(|(name, count)| (name, count.min(HIGHEST))).filter(|(_, count)| *count > 0).collect();
        Count {
            tenant: token.tenant,
            environment: snapshot.environment().clone(),
            yes: sum.yes.min(HIGHEST),
            no: sum.no.min(HIGHEST),
            variants,
            flag,
        }
    });
    let counts: Vec<Count> = counts.filter(|count| count.yes > 0 || count.no > 0 || !count.variants.is_empty()).collect();
    if !counts.is_empty() {
        clients.sums.add(counts);
    }
}

/// SDKs leave out, write null, or send whole numbers as fractions.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    whole(&Value::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("not a count"))
}

fn counts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HashMap<String, u64>, D::Error> {
    let counts = Option::<HashMap<String, Value>>::deserialize(deserializer)?.unwrap_or_default();
    let counts = counts.into_iter().map(|(name, value)| whole(&value).map(|count| (name, count)));
    counts.collect::<Option<_>>().ok_or_else(|| serde::de::Error::custom("not a count"))
}

fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::Null => Some(0),
        Value::String(text) if text.is_empty() => Some(0),
        Value::Number(number) => number.as_u64().or_else(|| {
            let number = number.as_f64().filter(|number| (0.0..1e15).contains(number))?;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in the range")]
            Some(number as u64)
        }),
        _ => None,
    }
}
