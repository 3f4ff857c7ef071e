//! `DELETE /api/v1/content/voice-journal/{id}`

use axum::extract::State;
use banyan_http::{NoContent, Path, Preconditions, Problem, SignedIn};
use banyan_kernel::Uuid;

use crate::App;
use crate::api::tag;
use crate::entity::journal::Kind;
use crate::store::journals::{self, Sight};

/// Deletes a spoken entry of one's own.
#[utoipa::path(
    delete,
    path = "/api/v1/content/voice-journal/{id}",
    operation_id = "deleteVoiceEntry",
    tag = "journal",
    params(("id" = Uuid, Path, description = "The entry.")),
    responses((status = 204, description = "It is deleted."))
)]
pub(crate) async fn delete_voice_entry(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<NoContent, Problem> {
    let (rows, preconditions) = (app.store.bind(&caller), &preconditions);
    let deleted = rows.write(move |tx| async move {
        let before = journals::own(&tx, id, Kind::Voice, Sight::Living).await?;
        preconditions.allow(&tag(before.id, before.version))?;
        let mut after = before.clone();
        after.deleted_at = Some(tx.now().micros());
        journals::save(&tx, &before, after).await
    });
    deleted.await?;
    Ok(NoContent)
}
