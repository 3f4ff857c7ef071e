//! `GET /api/v1/content/journal`

use axum::extract::State;
use banyan_http::{Paged, Paging, Problem, Query, SignedIn, Validate};
use banyan_kernel::Uuid;
use banyan_store::Rows;
use serde::Deserialize;
use utoipa::IntoParams;

use super::JournalEntry;
use crate::App;
use crate::entity::journal::Kind;
use crate::store::journals;

/// Whose entries to show. Those that were deleted are never shown.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Somebody who granted the caller a look at her journals; the caller if it is left out.
    user_id: Option<Uuid>,
}

impl Validate for Which {}

/// Lists a journal, newest first. `orderBy` is one of `createdAt` (the default), `updatedAt`, `mood`.
#[utoipa::path(
    get,
    path = "/api/v1/content/journal",
    operation_id = "listJournal",
    tag = "journal",
    params(Which, Paging),
    responses((status = 200, description = "A page of entries.", body = Paged<JournalEntry>))
)]
pub(crate) async fn list_journal(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<JournalEntry>, Problem> {
    let owner = which.user_id.map_or_else(|| caller.require_user(), Ok)?;
    let text = format!("{paging:?}");
    let load = move |rows: Rows| async move {
        let paging = &paging;
        let page = rows.read(move |tx| async move { journals::list(&tx, owner, Kind::Text, paging).await });
        page.await.map(|page| page.map(JournalEntry::from))
    };
    app.journals.get(&caller, owner, text, load).await
}
