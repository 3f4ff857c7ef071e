//! `DELETE /api/v1/realtime/documents/{id}`

use axum::extract::State;
use banyan_http::{Allowed, NoContent, Path, Problem, permit};

use crate::App;
use crate::api::room;
use crate::broker::Said;
use crate::documents::{Told, Work};

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
    engine.documents.documents().delete(&room).await?;
    engine.documents.tell(&room, Work::Look);
    if engine.settings.redis_url.is_some() {
        let told = Said::Publication { place: None, body: Told::Look.write(&engine.node).into() };
        if let Err(error) = engine.broker.tell(&room.of_document(), &told).await {
            // They look at the store by themselves.
            tracing::debug!(%error, "other processes do not hear that a document is gone");
        }
    }
    Ok(NoContent)
}
