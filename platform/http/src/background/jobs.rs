//! Jobs and schedules.

use axum::extract::State;
use banyan_events::jobs::{Filter, JobSheet, JobState, ScheduleLine};
use banyan_kernel::{Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::consumers::AllOf;
use super::dead_letters::Named;
use super::who::{Operator, Overseer};
use super::{Desk, WithReason, slice};
use crate::{Body, Check, Document, Json, Paged, Paging, Path, Problem, Query, Validate};

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list_jobs))
        .routes(routes!(get_job))
        .routes(routes!(retry_job))
        .routes(routes!(cancel_job))
        .routes(routes!(list_schedules))
        .routes(routes!(run_schedule))
}

/// Where a job stands: `waiting` is due later, `ready` is due now, `failed` waits for a person.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes `JobState`, which knows nothing of documents")]
enum JobStanding {
    Waiting,
    Ready,
    Running,
    Done,
    Failed,
    Cancelled,
}

/// Work that was asked for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Job {
    id: Uuid,
    /// Whose it is; nil for the installation's own.
    tenant_id: Uuid,
    #[schema(example = "content.summarize")]
    kind: String,
    queue: String,
    #[schema(value_type = JobStanding)]
    state: JobState,
    /// `urgent`, `normal` or `low`.
    priority: String,
    /// Attempts that were begun.
    attempts: u32,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    due_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// How much is done, where the job says so.
    #[schema(maximum = 100)]
    percent: Option<u8>,
    message: Option<String>,
    /// Somebody has asked to cancel it, and it still runs.
    cancel_asked: bool,
    /// The last ten, the latest at the end.
    errors: Vec<JobError>,
    /// What it is about. Lists leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Document>,
}

/// An attempt that failed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobError {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    attempt: u32,
    error: String,
}

impl From<JobSheet> for Job {
    fn from(sheet: JobSheet) -> Self {
        let errors = sheet.errors.into_iter();
        Self {
            id: sheet.id,
            tenant_id: sheet.tenant,
            kind: sheet.kind,
            queue: sheet.queue,
            state: sheet.state,
            priority: sheet.priority,
            attempts: sheet.attempts,
            created_at: sheet.created_at,
            due_at: sheet.due_at,
            started_at: sheet.started_at,
            ended_at: sheet.ended_at,
            percent: sheet.percent,
            message: sheet.message,
            cancel_asked: sheet.cancel_asked,
            errors: errors.map(|one| JobError { at: one.at, attempt: one.attempt, error: one.error }).collect(),
            payload: sheet.payload.map(Document),
        }
    }
}

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichJobs {
    #[param(value_type = Option<JobStanding>)]
    state: Option<JobState>,
    #[param(max_length = 200)]
    kind: Option<String>,
}

impl Validate for WhichJobs {
    fn validate(&self, check: &mut Check) {
        check.line("kind", &self.kind).length(0, 200).any();
    }
}

/// Lists the jobs of the service, the latest first. Those that are done stay for a day, others for 30 days.
#[utoipa::path(
    get,
    path = "/api/v1/admin/services/{service}/jobs",
    operation_id = "listJobs",
    tag = "background",
    params(WhichJobs, Paging),
    responses((status = 200, description = "A page of them, ordered by `createdAt`.", body = Paged<Job>))
)]
async fn list_jobs(
    State(desk): State<Desk>,
    overseer: Overseer,
    Query(which): Query<WhichJobs>,
    paging: Paging,
) -> Result<Paged<Job>, Problem> {
    paging.ordered_by(&[("createdAt", ())])?;
    let filter = Filter { state: which.state, kind: which.kind, ..Filter::default() };
    let (sheets, total) = desk.board(&overseer).page(&filter, slice(&paging)).await?;
    Ok(Paged::new(&paging, total, sheets.into_iter().map(Job::from).collect()))
}

/// Shows one with what it is about. The audit log keeps who looked.
#[utoipa::path(
    get,
    path = "/api/v1/admin/services/{service}/jobs/{id}",
    operation_id = "getJob",
    tag = "background",
    params(("id" = Uuid, Path, description = "The job.")),
    responses((status = 200, description = "The job.", body = Job))
)]
async fn get_job(State(desk): State<Desk>, overseer: Overseer, Path(Named { id }): Path<Named>) -> Result<Json<Job>, Problem> {
    let sheet = desk.board(&overseer).show(id).await?;
    desk.note_look(sheet.tenant, "job", id, &overseer.caller).await?;
    Ok(Json(sheet.into()))
}

/// Has a job done now, or again, that failed, was cancelled, or waits. All its attempts begin anew.
#[utoipa::path(
    post,
    path = "/api/v1/admin/services/{service}/jobs/{id}/retry",
    operation_id = "retryJob",
    tag = "background",
    params(("id" = Uuid, Path, description = "The job.")),
    request_body = WithReason,
    responses((status = 200, description = "The job as it is now.", body = Job))
)]
async fn retry_job(
    State(desk): State<Desk>,
    overseer: Overseer,
    Path(Named { id }): Path<Named>,
    Body(why): Body<WithReason>,
) -> Result<Json<Job>, Problem> {
    let sheet = desk.board(&overseer).because(&why.reason).retry(id).await?;
    Ok(Json(JobSheet { payload: None, ..sheet }.into()))
}

/// Cancels a job: at once where it does not run, else as soon as it hears of it.
#[utoipa::path(
    post,
    path = "/api/v1/admin/services/{service}/jobs/{id}/cancel",
    operation_id = "cancelJob",
    tag = "background",
    params(("id" = Uuid, Path, description = "The job.")),
    request_body = WithReason,
    responses((status = 200, description = "The job as it is now.", body = Job))
)]
async fn cancel_job(
    State(desk): State<Desk>,
    overseer: Overseer,
    Path(Named { id }): Path<Named>,
    Body(why): Body<WithReason>,
) -> Result<Json<Job>, Problem> {
    let sheet = desk.board(&overseer).because(&why.reason).cancel(id).await?;
    Ok(Json(JobSheet { payload: None, ..sheet }.into()))
}

/// When jobs are made by themselves.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScheduleState {
    name: String,
    /// Minute, hour, day of month, month, day of week.
    #[schema(example = "30 2 * * *")]
    cron: String,
    /// IANA.
    #[schema(example = "Asia/Jakarta")]
    zone: String,
    #[schema(value_type = String, format = DateTime)]
    next_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_at: Option<Timestamp>,
}

impl From<ScheduleLine> for ScheduleState {
    fn from(line: ScheduleLine) -> Self {
        Self { name: line.name, cron: line.cron, zone: line.zone, next_at: line.next_at, last_at: line.last_at }
    }
}

/// Lists the schedules of the service. For people of the operators' tenant.
#[utoipa::path(
    get,
    path = "/api/v1/admin/services/{service}/schedules",
    operation_id = "listSchedules",
    tag = "background",
    responses((status = 200, description = "All of them.", body = AllOf<ScheduleState>))
)]
async fn list_schedules(State(desk): State<Desk>, Operator(overseer): Operator) -> Result<Json<AllOf<ScheduleState>>, Problem> {
    let lines = desk.board(&overseer).schedules().await?;
    Ok(Json(AllOf { data: lines.into_iter().map(ScheduleState::from).collect() }))
}

#[derive(Deserialize)]
struct Schedule {
    name: String,
}

/// Makes a schedule's job now; when it is due next stays as it was. For people of the operators' tenant.
#[utoipa::path(
    post,
    path = "/api/v1/admin/services/{service}/schedules/{name}/run",
    operation_id = "runSchedule",
    tag = "background",
    params(("name" = String, Path, description = "The schedule.")),
    request_body = WithReason,
    responses((status = 200, description = "The job that was made.", body = Job))
)]
async fn run_schedule(
    State(desk): State<Desk>,
    Operator(overseer): Operator,
    Path(Schedule { name }): Path<Schedule>,
    Body(why): Body<WithReason>,
) -> Result<Json<Job>, Problem> {
    let sheet = desk.board(&overseer).because(&why.reason).run_schedule(&desk.jobs, &name).await?;
    Ok(Json(sheet.into()))
}
