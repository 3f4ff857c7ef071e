//! `POST /api/v1/content/journal/{id}/restore`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;

use super::{JournalEntry, change};
use crate::App;
use crate::store::journals::Sight;

/// Brings back an entry that was deleted within the last 30 days. Any other stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/content/journal/{id}/restore",
    operation_id = "restoreJournalEntry",
    tag = "journal",
    params(("id" = Uuid, Path, description = "The entry.")),
    responses((status = 200, description = "The entry as it is now.", body = JournalEntry))
)]
pub(crate) async fn restore_journal_entry(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<JournalEntry>, Problem> {
    change(&app, &caller, id, &preconditions, Sight::Restorable, |row| row.deleted_at = None).await
}
