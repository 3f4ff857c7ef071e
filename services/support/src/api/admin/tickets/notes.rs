//! `GET` and `POST /api/v1/admin/support/tickets/{id}/notes`

use axum::extract::State;
use banyan_http::{Allowed, Check, Created, Document, Once, Paged, Paging, Path, Problem, Validate, permit};
use banyan_kernel::{Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::record;
use crate::App;
use crate::api::{LONGEST_TEXT, moment};
use crate::entity::note::Model;
use crate::model::NoteKind;
use crate::store::{notes, tickets};

/// What those who answer tell one another, or a step of the ticket. The person never sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-00000000000b", "kind": "note", "authorId": "01941f29-7c00-7000-8000-0000000000bb",
    "text": "Sudah diperiksa.", "detail": {}, "createdAt": "2025-01-02T09:00:00Z"
}))]
pub(crate) struct TicketNote {
    id: Uuid,
    #[schema(inline)]
    kind: NoteKind,
    /// `null` where the service itself acted, as when time was over.
    author_id: Option<Uuid>,
    text: Option<String>,
    /// Of a step: `from` and `to`.
    detail: Document,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Model> for TicketNote {
    fn from(row: Model) -> Self {
        let (id, author_id, text) = (row.id, row.author_id, row.text);
        Self { id, kind: row.kind, author_id, text, detail: Document(row.detail), created_at: moment(row.created_at) }
    }
}

/// What the others are to know.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"text": "Sudah diperiksa."}))]
pub(crate) struct NewTicketNote {
    #[schema(min_length = 1, max_length = 20_000)]
    text: String,
}

impl Validate for NewTicketNote {
    fn validate(&self, check: &mut Check) {
        check.text("text", &self.text).not_blank().length(1, LONGEST_TEXT).any();
    }
}

/// Lists notes and steps of a ticket, the latest first. `orderBy` is `createdAt`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/support/tickets/{id}/notes",
    operation_id = "listTicketNotes",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The ticket."), Paging),
    responses((status = 200, description = "A page of notes.", body = Paged<TicketNote>))
)]
pub(crate) async fn list_ticket_notes(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::SupportHandle>,
    Path(id): Path<Uuid>,
    paging: Paging,
) -> Result<Paged<TicketNote>, Problem> {
    let (rows, paging) = (app.store.bind(&caller), &paging);
    let page = rows.write(move |tx| async move {
        let ticket = tickets::any(&tx, id).await?;
        let page = notes::page(&tx, ticket.id, paging).await?;
        record(&tx, "ticket.notes-read", &ticket, json!({ "shown": page.data.len() }));
        Ok::<_, crate::SupportError>(page)
    });
    Ok(page.await?.map(TicketNote::from))
}

/// Writes something for the others who answer.
#[utoipa::path(
    post,
    path = "/api/v1/admin/support/tickets/{id}/notes",
    operation_id = "writeTicketNote",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The ticket.")),
    request_body = NewTicketNote,
    responses((status = 201, description = "The note.", body = TicketNote))
)]
pub(crate) async fn write_ticket_note(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::SupportHandle>,
    Path(id): Path<Uuid>,
    Once { key, body }: Once<NewTicketNote>,
) -> Result<Created<TicketNote>, Problem> {
    let (rows, body) = (app.store.bind(&caller), &body);
    let written = rows.write_once(key.as_ref(), move |tx| async move {
        let ticket = tickets::any(&tx, id).await?;
        let note = notes::write(&tx, ticket.id, &body.text).await?;
        record(&tx, "ticket.noted", &ticket, json!({}));
        Ok::<_, crate::SupportError>(TicketNote::from(note))
    });
    Ok(Created::at(format!("/api/v1/admin/support/tickets/{id}/notes"), written.await?))
}
