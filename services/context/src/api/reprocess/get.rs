//! `GET /api/v1/context/reprocess/{id}`

use axum::extract::State;
use banyan_http::{Json, Path, Problem, SignedIn};
use banyan_kernel::Uuid;

use super::ContextReprocessing;
use crate::App;
use crate::store::runs;

/// Says how far it has come: to whoever asked for it, and to those who run the tenant. It is remembered for 30 days.
#[utoipa::path(
    get,
    path = "/api/v1/context/reprocess/{id}",
    operation_id = "getContextReprocessing",
    tag = "context",
    params(("id" = Uuid, Path, description = "What `POST` has answered.")),
    responses((status = 200, description = "How far it has come.", body = ContextReprocessing))
)]
pub(crate) async fn get_context_reprocessing(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Json<ContextReprocessing>, Problem> {
    let rows = app.store.bind(&caller);
    let run = rows.read(move |tx| async move { runs::visible(&tx, id).await }).await?;
    Ok(Json(run.into()))
}
