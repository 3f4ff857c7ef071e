//! `POST /api/v1/flags/events`

use std::collections::BTreeMap;

use axum::extract::State;
use banyan_http::{Body, Check, Flags, NoContent, Problem, SignedIn, Validate};
use serde::Deserialize;
use utoipa::ToSchema;

use super::experiments::check_name;
use crate::app::App;
use crate::error::FlagsError;
use crate::store::experiments;

const MOST_EVENTS: usize = 100;

/// What happened to the caller.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = FlagEvents)]
#[schema(example = json!({"exposures": ["button"], "goals": ["checkout.completed"]}))]
pub(crate) struct Events {
    /// Keys of flags whose variant the caller was shown. Which one it is, the service knows.
    #[serde(default)]
    #[schema(max_items = 100)]
    exposures: Vec<String>,
    /// Goals that the caller has reached.
    #[serde(default)]
    #[schema(max_items = 100)]
    goals: Vec<String>,
}

impl Validate for Events {
    fn validate(&self, check: &mut Check) {
        for (field, names) in [("exposures", &self.exposures), ("goals", &self.goals)] {
            check.count(field, names, 0, MOST_EVENTS);
            for (place, name) in names.iter().enumerate().take(MOST_EVENTS) {
                check_name(check, &format!("{field}[{place}]"), name);
            }
        }
    }
}

/// Tells that the caller was shown the variants of flags, or has reached goals. Each counts once a person and experiment; a goal counts for
/// who was exposed before, or is with it. Nothing is said of whether an experiment runs.
#[utoipa::path(
    post,
    path = "/api/v1/flags/events",
    operation_id = "tellFlagEvents",
    tag = "flags",
    request_body = Events,
    responses((status = 204, description = "It is noted."))
)]
pub(crate) async fn tell_flag_events(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    flags: Flags,
    Body(events): Body<Events>,
) -> Result<NoContent, Problem> {
    let person = caller.require_user()?;
    let Some(snapshot) = flags.snapshot() else { return Ok(NoContent) };
    let variant = |key: &str| snapshot.peek(key, flags.context())?.variant.map(|variant| variant.name);
    let shown: BTreeMap<&str, String> = events.exposures.iter().filter_map(|key| Some((key.as_str(), variant(key)?))).collect();
    if shown.is_empty() && events.goals.is_empty() {
        return Ok(NoContent);
    }
    // Nobody may write rows of experiments over the interface, nor see them: the service does.
    let rows = app.store.system(caller.tenant);
    let (environment, shown, goals) = (&**snapshot.environment(), &shown, &events.goals);
    let wanted = rows.read(move |tx| async move { experiments::wanted(&tx, environment, person, shown, goals).await });
    let wanted = wanted.await.map_err(|error: FlagsError| Problem::from(error))?;
    if !wanted.is_empty() {
        let wanted = &wanted;
        rows.write(move |tx| async move { experiments::note(&tx, wanted).await }).await?;
    }
    Ok(NoContent)
}
