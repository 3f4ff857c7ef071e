//! `GET /api/v1/content/journal/{id}`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;

use super::JournalEntry;
use crate::App;
use crate::api::tag;
use crate::entity::journal::Kind;
use crate::store::journals;

/// Reads an entry of one's own, or one that one was granted a look at. For anybody else the answer is the same 403 whether the
/// entry exists or not.
#[utoipa::path(
    get,
    path = "/api/v1/content/journal/{id}",
    operation_id = "getJournalEntry",
    tag = "journal",
    params(("id" = Uuid, Path, description = "The entry.")),
    responses(
        (status = 200, description = "The entry.", body = JournalEntry),
        (status = 304, description = "The client has it already.")
    )
)]
pub(crate) async fn get_journal_entry(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<JournalEntry>, Problem> {
    let rows = app.store.bind(&caller);
    let row = rows.read(move |tx| async move { journals::visible(&tx, id, Kind::Text).await }).await?;
    Ok(preconditions.answer(tag(row.id, row.version), || JournalEntry::from(row)))
}
