//! `GET /api/v1/admin/support/tickets/{id}`

use axum::extract::State;
use banyan_contracts::identity::ErasureSheet;
use banyan_http::{Allowed, AskError, Json, Path, Problem, permit};
use banyan_kernel::{Caller, Timestamp, Uuid};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{AgentTicket, record};
use crate::App;
use crate::model::Category;
use crate::people;
use crate::store::tickets;

/// A ticket, and what identity knows of the person who asked.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TicketSheet {
    #[serde(flatten)]
    ticket: AgentTicket,
    /// `null` where the person is gone, or identity cannot be asked now.
    #[schema(inline)]
    person: Option<TicketPerson>,
}

/// Who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TicketPerson {
    name: String,
    email: String,
    /// Whether the person has shown that the address is theirs.
    email_verified: bool,
    /// Where the ticket asks for erasure: when the account goes, if the person has asked identity for it.
    #[schema(value_type = Option<String>, format = DateTime)]
    erases_at: Option<Timestamp>,
}

/// Reads anybody's ticket. The audit log keeps who looked at whose.
#[utoipa::path(
    get,
    path = "/api/v1/admin/support/tickets/{id}",
    operation_id = "getAnyTicket",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The ticket.")),
    responses((status = 200, description = "The ticket.", body = TicketSheet))
)]
pub(crate) async fn get_any_ticket(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::SupportHandle>,
    Path(id): Path<Uuid>,
) -> Result<Json<TicketSheet>, Problem> {
    let rows = app.store.bind(&caller);
    let read = rows.write(move |tx| async move {
        let ticket = tickets::any(&tx, id).await?;
        record(&tx, "ticket.read", &ticket, json!({}));
        Ok::<_, crate::SupportError>((ticket, tx.now()))
    });
    let (ticket, now) = read.await?;
    let person = person(&app, &caller, ticket.user_id, ticket.category).await;
    Ok(Json(TicketSheet { ticket: AgentTicket::of(ticket, now), person }))
}

/// What cannot be asked now is left out: the ticket is there all the same.
async fn person(app: &App, caller: &Caller, user: Uuid, category: Category) -> Option<TicketPerson> {
    let logged = |error: AskError| tracing::warn!(%error, "a ticket is shown without its person");
    let sheet = people::person(&app.mesh, caller.tenant, caller.request, user).await.map_err(logged).ok()??;
    let erasure = match category {
        Category::DataErasure => people::erasure(&app.mesh, caller.tenant, caller.request, user).await.map_err(logged).ok(),
        _ => None,
    };
    Some(TicketPerson {
        name: sheet.user.name,
        email: sheet.user.email,
        email_verified: sheet.email_verified,
        erases_at: erasure.and_then(|ErasureSheet { erases_at }| erases_at),
    })
}
