//! `GET /api/v1/admin/flags/{key}/usage`

use std::collections::BTreeMap;

use axum::extract::State;
use banyan_http::{Check, FieldError, Json, Path, Problem, Query, Validate};
use banyan_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::manager::Manager;
use crate::api::moment;
use crate::app::App;
use crate::error::FlagsError;
use crate::store::{environments, flags, usage};

const DAY_SECONDS: i64 = 86_400;
const MOST_DAYS: i64 = 31;

/// Which hours are shown.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// `production`, if it is left out.
    environment: Option<String>,
    /// The last 24 hours, if it is left out.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

impl Validate for Wanted {
    fn validate(&self, check: &mut Check) {
        check.line("environment", &self.environment).length(0, 100).any();
        if let (Some(from), Some(to)) = (self.from, self.to) {
            let seconds = to.micros().saturating_sub(from.micros()) / 1_000_000;
            let fits = (1..=MOST_DAYS * DAY_SECONDS).contains(&seconds);
            check.that(fits, "to", FieldError::new("too-long", "flags-field-span").with("days", MOST_DAYS));
        }
    }
}

/// How often a flag was evaluated. What clients tell by Unleash's protocol counts as what this installation evaluates itself.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlagUsage)]
pub(crate) struct Usage {
    environment: String,
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    yes: i64,
    no: i64,
    /// How often each variant was given.
    #[schema(value_type = std::collections::HashMap<String, i64>)]
    variants: BTreeMap<String, i64>,
    hours: Vec<Hour>,
}

/// One hour; those in which nothing was evaluated are left out.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlagUsageHour)]
pub(crate) struct Hour {
    #[schema(value_type = String, format = DateTime)]
    hour: Timestamp,
    yes: i64,
    no: i64,
    #[schema(value_type = std::collections::HashMap<String, i64>)]
    variants: BTreeMap<String, i64>,
}

/// Tells how often a flag was on and off and gave which variant, by the hour; over 31 days at most. What was evaluated in the last seconds
/// is not in it yet.
#[utoipa::path(
    get,
    path = "/api/v1/admin/flags/{key}/usage",
    operation_id = "getFlagUsage",
    tag = "flags",
    params(("key" = String, Path, description = "The flag."), Wanted),
    responses((status = 200, description = "Sums by the hour.", body = Usage))
)]
pub(crate) async fn get_flag_usage(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(key): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Usage>, Problem> {
    let environment = wanted.environment.unwrap_or_else(|| "production".to_owned());
    let to = wanted
        .to
        .unwrap_or_else(|| wanted.from.map_or_else(|| app.clock.now().plus_seconds(1), |from| from.plus_seconds(DAY_SECONDS)));
    let from = wanted.from.unwrap_or_else(|| to.plus_seconds(-DAY_SECONDS));
    let (rows, key, name) = (app.store.bind(&caller), &key, &environment);
    let found = rows.read(move |tx| async move {
        flags::get(&tx, key).await?;
        environments::get(&tx, name).await?;
        usage::of(&tx, key, name, from, to).await
    });
    let found = found.await.map_err(|error: FlagsError| Problem::from(error))?;
    let mut hours: BTreeMap<i64, Hour> = BTreeMap::new();
    let (mut yes, mut no, mut variants) = (0, 0, BTreeMap::new());
    for row in found {
        let empty = || Hour { hour: moment(row.hour), yes: 0, no: 0, variants: BTreeMap::new() };
        let hour = hours.entry(row.hour).or_insert_with(empty);
        if row.variant.is_empty() {
            (hour.yes, hour.no, yes, no) = (row.yes, row.no, yes + row.yes, no + row.no);
        } else {
            *variants.entry(row.variant.clone()).or_default() += row.yes;
            hour.variants.insert(row.variant, row.yes);
        }
    }
    Ok(Json(Usage { environment, from, to, yes, no, variants, hours: hours.into_values().collect() }))
}
