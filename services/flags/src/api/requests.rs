//! `/api/v1/admin/flag-changes`: changes that others agree to, and changes at a time.

use axum::extract::State;
use banyan_http::{Body, Check, Created, FieldError, Json, Once, Paged, Paging, Path, Problem, Query, Reason, Tagged, Validate};
use banyan_kernel::{Caller, ErrorCode, Timestamp, Uuid};
use banyan_store::Tx;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::manager::Manager;
use super::{moment, tag};
use crate::app::App;
use crate::definition::{Proposal, Settings};
use crate::document::{self, Difference};
use crate::entity::request::{Approval, Approvals, Model};
use crate::error::FlagsError;
use crate::jobs::ApplyChange;
use crate::store::requests::{self, Filter, Stage};
use crate::store::{environments, flags};

/// The furthest time for which a change can be asked for.
const FURTHEST_SECONDS: i64 = 366 * 86_400;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(ask_flag_change))
        .routes(routes!(list_flag_changes))
        .routes(routes!(get_flag_change))
        .routes(routes!(approve_flag_change))
        .routes(routes!(reject_flag_change))
        .routes(routes!(withdraw_flag_change))
        .routes(routes!(apply_flag_change))
}

/// How far a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = FlagChangeState)]
pub(crate) enum ChangeState {
    Pending,
    Approved,
    Scheduled,
    Applied,
    Rejected,
    Withdrawn,
    Stale,
}

impl From<Stage> for ChangeState {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Pending => Self::Pending,
            Stage::Approved => Self::Approved,
            Stage::Scheduled => Self::Scheduled,
            Stage::Applied => Self::Applied,
            Stage::Rejected => Self::Rejected,
            Stage::Withdrawn => Self::Withdrawn,
            Stage::Stale => Self::Stale,
        }
    }
}

impl From<ChangeState> for Stage {
    fn from(state: ChangeState) -> Self {
        Self::ALL.into_iter().find(|stage| ChangeState::from(*stage) == state).unwrap_or(Self::Stale)
    }
}

/// Somebody agreed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlagChangeApproval)]
pub(crate) struct Agreed {
    by: Uuid,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    why: Option<String>,
}

/// A change of a flag in one environment that was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlagChangeRequest)]
pub(crate) struct ChangeRequest {
    id: Uuid,
    flag: String,
    environment: String,
    state: ChangeState,
    proposal: Proposal,
    /// What it would make different of the settings for which it was asked.
    differences: Vec<Difference>,
    required_approvals: i64,
    approvals: Vec<Agreed>,
    /// When it is applied by itself, once it is approved.
    #[schema(value_type = Option<String>, format = DateTime)]
    apply_at: Option<Timestamp>,
    why: Option<String>,
    created_by: Option<Uuid>,
    /// Who rejected, withdrew or applied it.
    decided_by: Option<Uuid>,
    decided_why: Option<String>,
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Model> for ChangeRequest {
    fn from(row: Model) -> Self {
        let json = |settings: &Settings| serde_json::to_value(settings).unwrap_or_default();
        let differences = document::differences(&json(&row.base), &json(&row.base.with(&row.proposal)));
        let agreed = |one: Approval| Agreed { by: one.by, at: moment(one.at), why: one.why };
        Self {
            id: row.id,
            flag: row.key,
            environment: row.environment,
            state: Stage::of(&row.state).into(),
            differences,
            proposal: row.proposal,
            required_approvals: row.needed,
            approvals: row.approvals.0.into_iter().map(agreed).collect(),
            apply_at: row.apply_at.map(moment),
            why: row.why,
            created_by: row.created_by,
            decided_by: row.decided_by,
            decided_why: row.decided_why,
            version: row.version,
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewFlagChangeRequest)]
#[schema(example = json!({"proposal": {"enabled": true}, "applyAt": "2030-01-15T02:00:00Z"}))]
pub(crate) struct NewChange {
    proposal: Proposal,
    /// When it is to be applied by itself; otherwise somebody applies it.
    #[schema(value_type = Option<String>, format = DateTime)]
    apply_at: Option<Timestamp>,
}

impl Validate for NewChange {
    fn validate(&self, check: &mut Check) {
        check.nested("proposal", &self.proposal);
    }
}

/// A word to a decision.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = FlagChangeWord)]
pub(crate) struct Word {
    #[schema(max_length = 1000)]
    why: Option<String>,
}

impl Validate for Word {
    fn validate(&self, check: &mut Check) {
        check.text("why", &self.why).length(0, 1000).any();
    }
}

/// Which changes are shown.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    #[param(inline)]
    state: Option<ChangeState>,
    flag: Option<String>,
    environment: Option<String>,
}

impl Validate for Wanted {
    fn validate(&self, check: &mut Check) {
        check.line("flag", &self.flag).length(0, 100).any();
        check.line("environment", &self.environment).length(0, 100).any();
    }
}

/// Asks for a change of a flag in an environment. It waits for as many approvals by others as the environment requires, and for its time
/// where one is given; where neither is, it waits to be applied.
#[utoipa::path(
    post,
    path = "/api/v1/admin/flags/{key}/environments/{environment}/changes",
    operation_id = "askFlagChange",
    tag = "flags",
    params(
        ("key" = String, Path, description = "The flag."),
        ("environment" = String, Path, description = "The environment."),
        ("X-Reason" = Option<String>, Header, description = "Why, for those who decide, the history and the audit log.")
    ),
    request_body = NewChange,
    responses((status = 201, description = "The change.", body = ChangeRequest))
)]
pub(crate) async fn ask_flag_change(
    State(app): State<App>,
    Manager(caller): Manager,
    Path((key, environment)): Path<(String, String)>,
    reason: Reason,
    Once { key: once, body }: Once<NewChange>,
) -> Result<Created<ChangeRequest>, Problem> {
    let now = app.clock.now();
    if body.apply_at.is_some_and(|at| at <= now || at > now.plus_seconds(FURTHEST_SECONDS)) {
        return Err(Problem::invalid("applyAt", FieldError::new("out-of-range", "flags-field-apply-at")));
    }
    let (rows, key, environment, body, why) = (app.store.bind(&caller), &key, &environment, &body, reason.as_deref());
    let made = rows.write_once(once.as_ref(), move |tx| async move {
        let environment = environments::get(&tx, environment).await?;
        let flag = flags::locked_living(&tx, key).await?;
        let base = flag.settings_of(&environment.name);
        // What could not be applied is said now. A proposal alone changes nothing: the copy is thrown away.
        let mut after = flag.clone();
        after.settings.0.insert(environment.name.clone(), base.with(&body.proposal));
        flags::check(&tx, &after).await?;
        let (id, now) = (tx.new_id(), tx.now().micros());
        let stage = stage_of(environment.approvals, 0, body.apply_at);
        let row = Model {
            tenant_id: tx.caller().tenant,
            id,
            flag_id: flag.id,
            key: flag.key,
            environment: environment.name,
            state: stage.word().to_owned(),
            proposal: body.proposal.clone(),
            base,
            needed: environment.approvals,
            approvals: Approvals::default(),
            apply_at: body.apply_at.map(Timestamp::micros),
            why: why.map(str::to_owned),
            created_by: tx.caller().user_id(),
            decided_by: None,
            decided_why: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let row = requests::insert(&tx, row).await?;
        schedule(&tx, &row).await?;
        Ok::<_, FlagsError>(ChangeRequest::from(row))
    });
    let made = made.await?;
    Ok(Created::at(format!("/api/v1/admin/flag-changes/{}", made.id), made))
}

/// With so many approvals.
fn stage_of(needed: i64, approvals: usize, apply_at: Option<Timestamp>) -> Stage {
    match (i64::try_from(approvals).unwrap_or(i64::MAX) >= needed, apply_at) {
        (false, _) => Stage::Pending,
        (true, None) => Stage::Approved,
        (true, Some(_)) => Stage::Scheduled,
    }
}

async fn schedule(tx: &Tx, row: &Model) -> Result<(), FlagsError> {
    match row.apply_at {
        Some(at) if row.state == Stage::Scheduled.word() => {
            // Whoever may not change the environment asks only.
            environments::get(tx, &row.environment).await?;
            Ok(ApplyChange::schedule(tx, row.id, &row.environment, moment(at)).await?)
        }
        _ => Ok(()),
    }
}

/// Lists changes that were asked for. `orderBy` is `createdAt` (the default) or `updatedAt`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/flag-changes",
    operation_id = "listFlagChanges",
    tag = "flags",
    params(Wanted, Paging),
    responses((status = 200, description = "A page of changes.", body = Paged<ChangeRequest>))
)]
pub(crate) async fn list_flag_changes(
    State(app): State<App>,
    Manager(caller): Manager,
    Query(wanted): Query<Wanted>,
    paging: Paging,
) -> Result<Paged<ChangeRequest>, Problem> {
    let named = |text: Option<String>| text.filter(|text| !text.is_empty());
    let filter =
        &Filter { stage: wanted.state.map(Stage::from), key: named(wanted.flag), environment: named(wanted.environment) };
    let (rows, paging) = (app.store.bind(&caller), &paging);
    let page = rows.read(move |tx| async move { requests::list(&tx, filter, paging).await }).await?;
    Ok(page.map(ChangeRequest::from))
}

/// Gives a change that was asked for.
#[utoipa::path(
    get,
    path = "/api/v1/admin/flag-changes/{id}",
    operation_id = "getFlagChange",
    tag = "flags",
    params(("id" = Uuid, Path, description = "The change.")),
    responses((status = 200, description = "The change.", body = ChangeRequest))
)]
pub(crate) async fn get_flag_change(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(id): Path<Uuid>,
) -> Result<Tagged<ChangeRequest>, Problem> {
    let rows = app.store.bind(&caller);
    let row = rows.read(move |tx| async move { requests::get(&tx, id).await }).await?;
    Ok(tagged(row))
}

fn tagged(row: Model) -> Tagged<ChangeRequest> {
    Tagged::new(tag(row.id, row.version), row.into())
}

/// Agrees to a change. Whoever asked for it may not, nobody may twice, and an API key may not.
#[utoipa::path(
    post,
    path = "/api/v1/admin/flag-changes/{id}/approve",
    operation_id = "approveFlagChange",
    tag = "flags",
    params(("id" = Uuid, Path, description = "The change.")),
    request_body = Word,
    responses(
        (status = 200, description = "The change as it is now.", body = ChangeRequest),
        (status = 409, description = "The author cannot approve, it was approved by the caller before, or it is decided.")
    )
)]
pub(crate) async fn approve_flag_change(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(id): Path<Uuid>,
    Body(word): Body<Word>,
) -> Result<Json<ChangeRequest>, Problem> {
    let person = caller.require_person()?;
    let (rows, word) = (app.store.bind(&caller), &word);
    let row = rows.write(move |tx| async move {
        let mut row = requests::locked_open(&tx, id).await?;
        environments::get(&tx, &row.environment).await?.require_change(tx.caller())?;
        if row.created_by == Some(person) {
            return Err(FlagsError::Conflict("flags-change-own"));
        }
        if row.approvals.0.iter().any(|one| one.by == person) {
            return Err(FlagsError::Conflict("flags-change-approved"));
        }
        row.approvals.0.push(Approval { by: person, at: tx.now().micros(), why: word.why.clone() });
        if row.state == Stage::Pending.word() {
            row.state = stage_of(row.needed, row.approvals.0.len(), row.apply_at.map(moment)).word().to_owned();
            schedule(&tx, &row).await?;
        }
        requests::save(&tx, row, "approved").await
    });
    Ok(Json(row.await.map_err(|error: FlagsError| Problem::from(error))?.into()))
}

/// Says no to a change.
#[utoipa::path(
    post,
    path = "/api/v1/admin/flag-changes/{id}/reject",
    operation_id = "rejectFlagChange",
    tag = "flags",
    params(("id" = Uuid, Path, description = "The change.")),
    request_body = Word,
    responses((status = 200, description = "The change as it is now.", body = ChangeRequest))
)]
pub(crate) async fn reject_flag_change(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(id): Path<Uuid>,
    Body(word): Body<Word>,
) -> Result<Json<ChangeRequest>, Problem> {
    end(&app, &caller, id, Stage::Rejected, &word).await
}

/// Takes a change back that one has asked for oneself.
#[utoipa::path(
    post,
    path = "/api/v1/admin/flag-changes/{id}/withdraw",
    operation_id = "withdrawFlagChange",
    tag = "flags",
    params(("id" = Uuid, Path, description = "The change.")),
    request_body = Word,
    responses((status = 200, description = "The change as it is now.", body = ChangeRequest))
)]
pub(crate) async fn withdraw_flag_change(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(id): Path<Uuid>,
    Body(word): Body<Word>,
) -> Result<Json<ChangeRequest>, Problem> {
    end(&app, &caller, id, Stage::Withdrawn, &word).await
}

async fn end(app: &App, caller: &Caller, id: Uuid, stage: Stage, word: &Word) -> Result<Json<ChangeRequest>, Problem> {
    let rows = app.store.bind(caller);
    let row = rows.write(move |tx| async move {
        let mut row = requests::locked_open(&tx, id).await?;
        let by = tx.caller().user_id();
        match stage {
            Stage::Withdrawn if row.created_by != by => return Err(FlagsError::Hidden),
            Stage::Withdrawn => {}
            _ => environments::get(&tx, &row.environment).await?.require_change(tx.caller())?,
        }
        row.state = stage.word().to_owned();
        (row.decided_by, row.decided_why) = (by, word.why.clone());
        requests::save(&tx, row, stage.word()).await
    });
    Ok(Json(row.await.map_err(|error: FlagsError| Problem::from(error))?.into()))
}

/// Does what was asked for and agreed to; one that is scheduled is done now. In this process it counts at once. Where the flag was changed
/// in this environment since the change was asked for, it goes stale, and is refused (409): ask anew.
#[utoipa::path(
    post,
    path = "/api/v1/admin/flag-changes/{id}/apply",
    operation_id = "applyFlagChange",
    tag = "flags",
    params(("id" = Uuid, Path, description = "The change.")),
    responses(
        (status = 200, description = "The change as it is now.", body = ChangeRequest),
        (status = 409, description = "It lacks approvals, is decided, or the flag was changed since.")
    )
)]
pub(crate) async fn apply_flag_change(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(id): Path<Uuid>,
) -> Result<Json<ChangeRequest>, Problem> {
    let rows = app.store.bind(&caller);
    let row = rows.write(move |tx| async move {
        let mut row = requests::locked_open(&tx, id).await?;
        environments::get(&tx, &row.environment).await?.require_change(tx.caller())?;
        row.decided_by = tx.caller().user_id();
        requests::apply(&tx, row).await
    });
    let row = row.await.map_err(|error: FlagsError| Problem::from(error))?;
    app.refresh(caller.tenant, std::slice::from_ref(&row.environment)).await;
    if row.state == Stage::Stale.word() {
        return Err(Problem::new(ErrorCode::Conflict).detail_message("flags-change-stale", []));
    }
    Ok(Json(row.into()))
}
