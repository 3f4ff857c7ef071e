//! `GET /api/v1/admin/flag-report`

use std::collections::BTreeMap;

use axum::extract::State;
use banyan_http::{Json, Problem};
use banyan_kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::flags::FlagType;
use super::manager::Manager;
use super::moment;
use crate::app::App;
use crate::definition::{Settings, Strategy};
use crate::entity::flag::Model;
use crate::error::FlagsError;
use crate::store::{flags, usage};

/// Lines of each part.
const MOST: usize = 1_000;
const MICROS_PER_DAY: i64 = 86_400 * 1_000_000;

/// A flag that somebody should look at.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlagReportLine)]
pub(crate) struct Line {
    key: String,
    #[serde(rename = "type")]
    kind: FlagType,
    owner: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// The beginning of the hour in which it was evaluated last.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_seen_at: Option<Timestamp>,
}

/// Flags that may have served their time; each part names 1,000 at most.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlagReport)]
pub(crate) struct Report {
    /// Marked as stale.
    stale: Vec<Line>,
    /// Older than flags of their type are meant to be: 40 days for releases and experiments, 7 for operations.
    overdue: Vec<Line>,
    /// Beyond the day that was set for them.
    expired: Vec<Line>,
    /// Of releases and experiments: on for everybody in production, in one form.
    fully_rolled_out: Vec<Line>,
    /// Older than a day, and not evaluated in the last 400 days.
    never_evaluated: Vec<Line>,
}

/// Lists flags that somebody should look at, and why.
#[utoipa::path(
    get,
    path = "/api/v1/admin/flag-report",
    operation_id = "getFlagReport",
    tag = "flags",
    responses((status = 200, description = "The flags.", body = Report))
)]
pub(crate) async fn get_flag_report(State(app): State<App>, Manager(caller): Manager) -> Result<Json<Report>, Problem> {
    let rows = app.store.bind(&caller);
    let found = rows.read(|tx| async move { Ok::<_, FlagsError>((flags::living(&tx).await?, usage::last_seen(&tx).await?)) });
    let (flags, seen) = found.await?;
    let now = app.clock.now().micros();
    let which = |holds: &dyn Fn(&Model) -> bool| -> Vec<Line> {
        flags.iter().filter(|flag| holds(flag)).take(MOST).map(|flag| line(flag, &seen)).collect()
    };
    let is_temporary = |flag: &Model| matches!(FlagType::of(&flag.kind), FlagType::Release | FlagType::Experiment);
    let everywhere =
        |flag: &Model| flag.dependencies.0.is_empty() && flag.settings.0.get("production").is_some_and(is_for_everybody);
    Ok(Json(Report {
        stale: which(&|flag| flag.stale),
        overdue: which(&|flag| lifetime(flag).is_some_and(|days| flag.created_at + days * MICROS_PER_DAY < now)),
        expired: which(&|flag| flag.expires_at.is_some_and(|at| at < now)),
        fully_rolled_out: which(&|flag| is_temporary(flag) && everywhere(flag)),
        never_evaluated: which(&|flag| flag.created_at + MICROS_PER_DAY < now && !seen.contains_key(&flag.key)),
    }))
}

fn line(flag: &Model, seen: &BTreeMap<String, i64>) -> Line {
    Line {
        key: flag.key.clone(),
        kind: FlagType::of(&flag.kind),
        owner: flag.owner.clone(),
        created_at: moment(flag.created_at),
        expires_at: flag.expires_at.map(moment),
        last_seen_at: seen.get(&flag.key).copied().map(moment),
    }
}

/// Days, as Unleash expects of the type; none where it may stay.
fn lifetime(flag: &Model) -> Option<i64> {
    match FlagType::of(&flag.kind) {
        FlagType::Release | FlagType::Experiment => Some(40),
        FlagType::Operational => Some(7),
        FlagType::KillSwitch | FlagType::Permission => None,
    }
}

fn is_for_everybody(settings: &Settings) -> bool {
    let whole = |strategy: &Strategy| {
        let percent = strategy.parameters.get("rollout").or_else(|| strategy.parameters.get("percentage"));
        let all = match strategy.name.as_str() {
            "default" => true,
            "flexibleRollout" | "gradualRolloutUserId" | "gradualRolloutSessionId" | "gradualRolloutRandom" => {
                percent.is_some_and(|percent| percent == "100")
            }
            _ => false,
        };
        all && !strategy.disabled
            && strategy.constraints.is_empty()
            && strategy.segments.is_empty()
            && strategy.variants.len() < 2
    };
    let strategies = settings.strategies.is_empty() || settings.strategies.iter().any(whole);
    settings.enabled && strategies && settings.variants.len() < 2
}
