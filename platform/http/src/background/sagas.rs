//! Sagas.

use axum::extract::State;
use banyan_events::sagas::{SagaFilter, SagaSheet, SagaState};
use banyan_kernel::{Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dead_letters::Named;
use super::who::Overseer;
use super::{Desk, WithReason, slice};
use crate::{Body, Check, Json, Paged, Paging, Path, Problem, Query, Validate};

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list_sagas))
        .routes(routes!(get_saga))
        .routes(routes!(resume_saga))
        .routes(routes!(compensate_saga))
}

/// Where a saga stands: a `stuck` one waits for a person.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes `SagaState`, which knows nothing of documents")]
enum SagaStanding {
    Running,
    Compensating,
    Stuck,
    Done,
    Compensated,
}

/// Work in several steps.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Saga {
    id: Uuid,
    /// Whose it is.
    tenant_id: Uuid,
    #[schema(example = "erase-account")]
    name: String,
    #[schema(value_type = SagaStanding)]
    state: SagaState,
    /// Counts from 0: the step that is done next, or undone.
    step: i64,
    /// Attempts of this step.
    attempts: u32,
    /// Somebody has asked to undo it.
    compensate_asked: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// What came of each step: the last hundred, the latest at the end. Lists leave it out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    history: Vec<SagaStep>,
}

/// What came of a step.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SagaStep {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `done`, `failed`, `undone`, `undo failed`, `compensating`, `stuck`, `resumed`.
    what: String,
    step: String,
    attempt: u32,
    error: Option<String>,
}

impl From<SagaSheet> for Saga {
    fn from(sheet: SagaSheet) -> Self {
        let history = sheet.history.into_iter().map(|event| SagaStep {
            at: event.at,
            what: event.what,
            step: event.step,
            attempt: event.attempt,
            error: event.error,
        });
        Self {
            id: sheet.id,
            tenant_id: sheet.tenant,
            name: sheet.name,
            state: sheet.state,
            step: sheet.step,
            attempts: sheet.attempts,
            compensate_asked: sheet.compensate_asked,
            created_at: sheet.created_at,
            updated_at: sheet.updated_at,
            history: history.collect(),
        }
    }
}

/// Which sagas.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichSagas {
    #[param(value_type = Option<SagaStanding>)]
    state: Option<SagaState>,
    #[param(max_length = 200)]
    name: Option<String>,
}

impl Validate for WhichSagas {
    fn validate(&self, check: &mut Check) {
        check.line("name", &self.name).length(0, 200).any();
    }
}

/// Lists the sagas of the service, the latest first. Ended ones stay for 30 days.
#[utoipa::path(
    get,
    path = "/api/v1/admin/services/{service}/sagas",
    operation_id = "listSagas",
    tag = "background",
    params(WhichSagas, Paging),
    responses((status = 200, description = "A page of them, ordered by `createdAt`.", body = Paged<Saga>))
)]
async fn list_sagas(
    State(desk): State<Desk>,
    overseer: Overseer,
    Query(which): Query<WhichSagas>,
    paging: Paging,
) -> Result<Paged<Saga>, Problem> {
    paging.ordered_by(&[("createdAt", ())])?;
    let filter = SagaFilter { state: which.state, name: which.name, ..SagaFilter::default() };
    let (sheets, total) = desk.saga_board(&overseer).page(&filter, slice(&paging)).await?;
    let sagas = sheets.into_iter().map(|sheet| Saga::from(SagaSheet { history: Vec::new(), ..sheet }));
    Ok(Paged::new(&paging, total, sagas.collect()))
}

/// Shows one with its history.
#[utoipa::path(
    get,
    path = "/api/v1/admin/services/{service}/sagas/{id}",
    operation_id = "getSaga",
    tag = "background",
    params(("id" = Uuid, Path, description = "The saga.")),
    responses((status = 200, description = "The saga.", body = Saga))
)]
async fn get_saga(State(desk): State<Desk>, overseer: Overseer, Path(Named { id }): Path<Named>) -> Result<Json<Saga>, Problem> {
    Ok(Json(desk.saga_board(&overseer).show(id).await?.into()))
}

/// Lets a stuck saga go on the way it was on, its attempts counted anew.
#[utoipa::path(
    post,
    path = "/api/v1/admin/services/{service}/sagas/{id}/resume",
    operation_id = "resumeSaga",
    tag = "background",
    params(("id" = Uuid, Path, description = "The saga.")),
    request_body = WithReason,
    responses((status = 200, description = "The saga as it is now.", body = Saga))
)]
async fn resume_saga(
    State(desk): State<Desk>,
    overseer: Overseer,
    Path(Named { id }): Path<Named>,
    Body(why): Body<WithReason>,
) -> Result<Json<Saga>, Problem> {
    Ok(Json(desk.saga_board(&overseer).because(&why.reason).resume(id).await?.into()))
}

/// Undoes what a saga has done so far: a stuck one at once, one that runs before its next step.
#[utoipa::path(
    post,
    path = "/api/v1/admin/services/{service}/sagas/{id}/compensate",
    operation_id = "compensateSaga",
    tag = "background",
    params(("id" = Uuid, Path, description = "The saga.")),
    request_body = WithReason,
    responses((status = 200, description = "The saga as it is now.", body = Saga))
)]
async fn compensate_saga(
    State(desk): State<Desk>,
    overseer: Overseer,
    Path(Named { id }): Path<Named>,
    Body(why): Body<WithReason>,
) -> Result<Json<Saga>, Problem> {
    Ok(Json(desk.saga_board(&overseer).because(&why.reason).compensate(id).await?.into()))
}
