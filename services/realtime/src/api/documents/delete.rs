//! `DELETE /api/v1/realtime/documents/{id}`

use axum::extract::State;
use banyan_http::{Allowed, NoContent, Path, Problem, permit};

use crate::App;
use crate::api::room;
use crate::documents::delete;

/// Deletes a document with its history, for administrators and programs. Who is there is closed with 4410. Who still has it, and comes again and may
/// change it, brings it back: close the room before.
#[utoipa::path(
    delete,
    path = "/api/v1/realtime/documents/{id}",
    operation_id = "deleteDocument",
    tag = "realtime",
    params(("id" = String, Path, description = "The room whose document it is.")),
    responses((status = 204, description = "There is none any more."))
)]
pub(crate) async fn delete_document(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::RealtimeManage>,
    Path(id): Path<String>,
) -> Result<NoContent, Problem> {
    let (engine, room) = (app.engine, room(caller.tenant, "id", &id)?);
    delete(&engine, &room).await?;
    Ok(NoContent)
}
