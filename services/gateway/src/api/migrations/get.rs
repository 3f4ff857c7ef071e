//! `GET /api/v1/gateway/migrations/{id}`, its report and its steps

use axum::Json;
use axum::extract::State;
use banyan_http::{Paged, Paging, Path, Problem, Tagged};
use banyan_kernel::{Timestamp, Uuid};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Migration, tag};
use crate::api::operator::Watcher;
use crate::entity::migration::Stage;
use crate::entity::step::Model;
use crate::error::GatewayError;
use crate::{App, store};

/// Who did what, when and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Step {
    stage: Stage,
    percent: f64,
    /// None: at the command line, or, where it was rolled back, the door itself.
    taken_by: Option<Uuid>,
    why: Option<String>,
    /// What the door had seen until then.
    evidence: Option<Value>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Model> for Step {
    fn from(row: Model) -> Self {
        Self {
            stage: row.stage,
            percent: row.percent,
            taken_by: row.taken_by,
            why: row.why,
            evidence: row.evidence.0,
            created_at: Timestamp::from_micros(row.created_at),
        }
    }
}

/// What the doors saw.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Report {
    /// In the present run, by all front doors together: what each side did, where copies differed. What other doors saw in the last 5 s may be
    /// missing.
    now: Option<Value>,
    /// When the last step was taken.
    before: Option<Value>,
}

/// Gives one migration.
#[utoipa::path(
    get,
    path = "/api/v1/gateway/migrations/{id}",
    operation_id = "getMigration",
    tag = "gateway",
    params(("id" = Uuid, Path, description = "The migration.")),
    responses((status = 200, description = "The migration.", body = Migration))
)]
pub(crate) async fn get_migration(
    State(app): State<App>,
    Watcher(caller): Watcher,
    Path(id): Path<Uuid>,
) -> Result<Tagged<Migration>, Problem> {
    let rows = app.store.bind(&caller);
    let row = rows.read(move |tx| async move { store::get(&tx, id).await }).await?;
    Ok(Tagged::new(tag(row.id, row.version), row.into()))
}

/// Gives what the doors saw of a migration.
#[utoipa::path(
    get,
    path = "/api/v1/gateway/migrations/{id}/report",
    operation_id = "getMigrationReport",
    tag = "gateway",
    params(("id" = Uuid, Path, description = "The migration.")),
    responses((status = 200, description = "What the doors saw.", body = Report))
)]
pub(crate) async fn get_migration_report(
    State(app): State<App>,
    Watcher(caller): Watcher,
    Path(id): Path<Uuid>,
) -> Result<Json<Report>, Problem> {
    app.bring_up_to_date(caller.tenant).await;
    let (rows, app_ref) = (app.store.bind(&caller), &app);
    let report = rows.read(move |tx| async move {
        let row = store::get(&tx, id).await?;
        Ok::<_, GatewayError>(Report { now: app_ref.seen(&tx, &row).await?, before: row.report.0 })
    });
    Ok(Json(report.await?))
}

/// Lists the steps of a migration: who did what, when and why, with what was seen until then. Ordered by `createdAt`.
#[utoipa::path(
    get,
    path = "/api/v1/gateway/migrations/{id}/steps",
    operation_id = "listMigrationSteps",
    tag = "gateway",
    params(("id" = Uuid, Path, description = "The migration."), Paging),
    responses((status = 200, description = "A page of steps.", body = Paged<Step>))
)]
pub(crate) async fn list_migration_steps(
    State(app): State<App>,
    Watcher(caller): Watcher,
    Path(id): Path<Uuid>,
    paging: Paging,
) -> Result<Paged<Step>, Problem> {
    let paging = &paging;
    let rows = app.store.bind(&caller);
    let page = rows.read(move |tx| async move { store::steps(&tx, id, paging).await }).await?;
    Ok(page.map(Step::from))
}
