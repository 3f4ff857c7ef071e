//! `/api/v1/admin/flag-experiments`

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use banyan_http::{Check, Created, FieldError, Json, Once, Paged, Paging, Path, Problem, Reason, Validate};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::manager::Manager;
use super::moment;
use crate::app::App;
use crate::definition::is_name;
use crate::entity::experiment::{Group, Model, People, Results, Shares};
use crate::error::FlagsError;
use crate::statistics::{self, LEVEL, MISMATCH};
use crate::store::{environments, experiments, flags};

/// The difference of rates that is looked for, where nothing is said.
const USUAL_EFFECT: f64 = 0.02;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_flag_experiments, start_flag_experiment))
        .routes(routes!(get_flag_experiment))
        .routes(routes!(end_flag_experiment))
}

/// A flag's variants, compared by what people did who got them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlagExperiment)]
pub(crate) struct Experiment {
    id: Uuid,
    name: String,
    flag: String,
    environment: String,
    goal: String,
    control: String,
    expected_effect: f64,
    /// The weights of the variants when it began, in the flag's thousandths.
    #[schema(value_type = std::collections::HashMap<String, i64>)]
    weights: BTreeMap<String, i64>,
    /// There are as many people as there may be: who is new is not counted.
    full: bool,
    created_by: Option<Uuid>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Null while it runs.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

impl From<Model> for Experiment {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            flag: row.key,
            environment: row.environment,
            goal: row.goal,
            control: row.control,
            expected_effect: row.effect,
            weights: row.shares.0,
            full: row.people == People::Full.word(),
            created_by: row.created_by,
            created_at: moment(row.created_at),
            ended_at: row.ended_at.map(moment),
        }
    }
}

/// An experiment with what it has shown. It may be looked at as often as one likes.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlagExperimentResult)]
pub(crate) struct Outcome {
    experiment: Experiment,
    /// The control first.
    groups: Vec<Shown>,
    /// How likely groups of these sizes are by the weights of the variants (chi-square test); null where it cannot be said.
    #[schema(required)]
    size_p_value: Option<f64>,
    /// It is below 0.001: people are lost, or counted twice, in one group more than in another. Do not believe the rest.
    sizes_mismatch: bool,
    /// The flag's variants have other weights than when the experiment began, or it is no more: sizes say nothing, and people of different
    /// times are compared.
    weights_changed: bool,
}

/// One variant.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlagExperimentGroup)]
pub(crate) struct Shown {
    variant: String,
    /// People who were given it.
    exposed: u64,
    /// Of them, those who reached the goal.
    converted: u64,
    /// The share of them, 0 to 1.
    rate: f64,
    /// Against the control; null for itself, while a group has fewer than 100 people, and while so few reach the goal, or miss it, that fewer than
    /// five of the smaller group would.
    #[schema(required)]
    comparison: Option<Difference>,
}

/// What can be said of a variant against the control, whenever one looks (mixture sequential probability ratio test).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlagExperimentDifference)]
pub(crate) struct Difference {
    /// The variant's rate less the control's.
    difference: f64,
    /// The true difference lies between these, with 95 % over all looks and variants.
    low: f64,
    high: f64,
    p_value: f64,
    /// The p-value is below 0.05.
    significant: bool,
}

/// An experiment that is to begin.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewFlagExperiment)]
#[schema(example = json!({"name": "Blue or red", "flag": "button", "goal": "checkout.completed", "control": "red"}))]
pub(crate) struct NewExperiment {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(min_length = 1, max_length = 100)]
    flag: String,
    /// `production`, if it is left out.
    #[schema(min_length = 1, max_length = 100)]
    environment: Option<String>,
    /// What people do who are won.
    #[schema(min_length = 1, max_length = 100)]
    goal: String,
    /// The variant with which the others are compared.
    #[schema(min_length = 1, max_length = 100)]
    control: String,
    /// About how large a difference of rates is looked for; 0.02, if it is left out.
    #[schema(minimum = 0.001, maximum = 0.5)]
    expected_effect: Option<f64>,
}

impl Validate for NewExperiment {
    fn validate(&self, check: &mut Check) {
        check.line("name", &self.name).not_blank().length(1, 100).any();
        check_name(check, "flag", &self.flag);
        check.line("environment", &self.environment).length(1, 100).any();
        check_name(check, "goal", &self.goal);
        check_name(check, "control", &self.control);
        check.range("expectedEffect", self.expected_effect, 0.001, 0.5);
    }
}

pub(super) fn check_name(check: &mut Check, field: &str, name: &str) {
    check.that(is_name(name), field, FieldError::new("invalid-key", "flags-field-name"));
}

impl NewExperiment {
    /// Checked against the flag as it is.
    async fn row(&self, tx: &Tx) -> Result<Model, FlagsError> {
        let environment = self.environment.as_deref().unwrap_or("production");
        let names = environments::names(tx).await?;
        if !names.iter().any(|name| name == environment) {
            return Err(FlagsError::field("environment", FieldError::not_one_of(&names)));
        }
        let flag = match flags::locked(tx, &self.flag).await {
            Err(FlagsError::Hidden) => Err(FieldError::new("unknown-flag", "flags-field-dependency-unknown")),
            Ok(flag) if flag.archived_at.is_some() => Err(FieldError::new("archived", "flags-field-dependency-archived")),
            Ok(flag) => Ok(flag),
            Err(error) => return Err(error),
        };
        let flag = flag.map_err(|error| FlagsError::field("flag", error))?;
        let shares = flag.settings_of(environment).shares().filter(|shares| shares.len() > 1);
        let Some(shares) = shares else {
            return Err(FlagsError::field("flag", FieldError::new("no-variants", "flags-field-experiment")));
        };
        if !shares.contains_key(&self.control) {
            let names: Vec<&String> = shares.keys().collect();
            return Err(FlagsError::field("control", FieldError::not_one_of(&names)));
        }
        Ok(Model {
            tenant_id: tx.caller().tenant,
            id: tx.new_id(),
            flag_id: flag.id,
            key: flag.key,
            environment: environment.to_owned(),
            name: self.name.clone(),
            goal: self.goal.clone(),
            control: self.control.clone(),
            effect: self.expected_effect.unwrap_or(USUAL_EFFECT),
            shares: Shares(shares),
            people: People::Open.word().to_owned(),
            results: Results::default(),
            created_by: tx.caller().user_id(),
            created_at: tx.now().micros(),
            ended_at: None,
        })
    }
}

impl Outcome {
    /// `weights` are those of the flag as it is now.
    fn of(row: Model, groups: BTreeMap<String, Group>, weights: Option<&BTreeMap<String, i64>>) -> Self {
        let size = |variant: &String| groups.get(variant).map_or(0, |group| group.exposed);
        let (sizes, shares): (Vec<u64>, Vec<f64>) =
            row.shares.0.iter().map(|(variant, weight)| (size(variant), *weight as f64)).unzip();
        let size_p_value = statistics::mismatch(&sizes, &shares);
        let control = groups.get(&row.control).copied().unwrap_or_default();
        let others: BTreeSet<&String> = groups.keys().chain(row.shares.0.keys()).filter(|name| **name != row.control).collect();
        let comparisons = others.len();
        let mut shown: Vec<Shown> = groups
            .into_iter()
            .map(|(variant, group)| {
                let compared = (variant != row.control).then(|| statistics::compare(control, group, row.effect, comparisons));
                let comparison = compared.flatten().map(Difference::of);
                Shown { variant, exposed: group.exposed, converted: group.converted, rate: group.rate(), comparison }
            })
            .collect();
        shown.sort_by_key(|group| group.variant != row.control);
        Self {
            groups: shown,
            size_p_value,
            sizes_mismatch: size_p_value.is_some_and(|likely| likely < MISMATCH),
            weights_changed: row.ended_at.is_none() && weights != Some(&row.shares.0),
            experiment: row.into(),
        }
    }
}

impl Difference {
    fn of(said: statistics::Comparison) -> Self {
        let statistics::Comparison { difference, low, high, p_value } = said;
        Self { difference, low, high, p_value, significant: p_value < LEVEL }
    }
}

/// Lists experiments. `orderBy` is `createdAt` (the default) or `name`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/flag-experiments",
    operation_id = "listFlagExperiments",
    tag = "flags",
    params(Paging),
    responses((status = 200, description = "A page of experiments.", body = Paged<Experiment>))
)]
pub(crate) async fn list_flag_experiments(
    State(app): State<App>,
    Manager(caller): Manager,
    paging: Paging,
) -> Result<Paged<Experiment>, Problem> {
    let (rows, paging) = (app.store.bind(&caller), &paging);
    let page = rows.read(move |tx| async move { experiments::list(&tx, paging).await }).await?;
    Ok(page.map(Experiment::from))
}

/// Begins to count who was given which variant of a flag, and who of them reaches the goal. Fifty may run at a time.
#[utoipa::path(
    post,
    path = "/api/v1/admin/flag-experiments",
    operation_id = "startFlagExperiment",
    tag = "flags",
    params(("X-Reason" = Option<String>, Header, description = "Why, for the audit log.")),
    request_body = NewExperiment,
    responses((status = 201, description = "The experiment.", body = Experiment))
)]
pub(crate) async fn start_flag_experiment(
    State(app): State<App>,
    Manager(caller): Manager,
    reason: Reason,
    Once { key, body }: Once<NewExperiment>,
) -> Result<Created<Experiment>, Problem> {
    let (rows, body, why) = (app.store.bind(&caller), &body, reason.as_deref());
    let started = rows.write_once(key.as_ref(), move |tx| async move {
        let row = body.row(&tx).await?;
        Ok(Experiment::from(experiments::insert(&tx, row, why).await?))
    });
    let started = started.await.map_err(|error: FlagsError| Problem::from(error))?;
    Ok(Created::at(format!("/api/v1/admin/flag-experiments/{}", started.id), started))
}

/// Tells what an experiment has shown. Looking often does not make false differences likelier: 5 % in all, over all looks and variants.
#[utoipa::path(
    get,
    path = "/api/v1/admin/flag-experiments/{id}",
    operation_id = "getFlagExperiment",
    tag = "flags",
    params(("id" = Uuid, Path, description = "The experiment.")),
    responses((status = 200, description = "What it has shown.", body = Outcome))
)]
pub(crate) async fn get_flag_experiment(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(id): Path<Uuid>,
) -> Result<Json<Outcome>, Problem> {
    let rows = app.store.bind(&caller);
    let found = rows.read(move |tx| async move {
        let row = experiments::get(&tx, id).await?;
        let flag = flags::find(&tx, &row.key).await?.filter(|flag| flag.id == row.flag_id);
        Ok::<_, FlagsError>((experiments::groups(&tx, &row).await?, flag, row))
    });
    let (groups, flag, row) = found.await?;
    let weights = flag.and_then(|flag| flag.settings_of(&row.environment).shares());
    Ok(Json(Outcome::of(row, groups, weights.as_ref())))
}

/// Ends an experiment. What it has shown stays, for 400 days; what is known of single people goes.
#[utoipa::path(
    post,
    path = "/api/v1/admin/flag-experiments/{id}/end",
    operation_id = "endFlagExperiment",
    tag = "flags",
    params(
        ("id" = Uuid, Path, description = "The experiment."),
        ("X-Reason" = Option<String>, Header, description = "Why, for the audit log.")
    ),
    responses((status = 200, description = "The experiment as it is now.", body = Experiment))
)]
pub(crate) async fn end_flag_experiment(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(id): Path<Uuid>,
    reason: Reason,
) -> Result<Json<Experiment>, Problem> {
    let (rows, why) = (app.store.bind(&caller), reason.as_deref());
    Ok(Json(rows.write(move |tx| async move { experiments::end(&tx, id, why).await }).await?.into()))
}
