//! `DELETE /api/v1/content/journal/{id}`

use axum::extract::State;
use banyan_http::{NoContent, Path, Preconditions, Problem, SignedIn};
use banyan_kernel::Uuid;

use super::change;
use crate::App;
use crate::store::journals::Sight;

/// Deletes an entry of one's own. For 30 days it can be restored; then it is gone for good.
#[utoipa::path(
    delete,
    path = "/api/v1/content/journal/{id}",
    operation_id = "deleteJournalEntry",
    tag = "journal",
    params(("id" = Uuid, Path, description = "The entry.")),
    responses((status = 204, description = "It is deleted."))
)]
pub(crate) async fn delete_journal_entry(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<NoContent, Problem> {
    let now = app.store.environment().clock.now().micros();
    change(&app, &caller, id, &preconditions, Sight::Living, |row| row.deleted_at = Some(now)).await?;
    Ok(NoContent)
}
