//! `GET /api/v1/admin/support/tickets/{id}/messages`

use axum::extract::State;
use banyan_http::{Allowed, Paged, Paging, Path, Problem, permit};
use banyan_kernel::Uuid;
use serde_json::json;

use super::{AgentMessage, record};
use crate::App;
use crate::store::{messages, tickets};

/// Lists what was said in a ticket, the latest first. The audit log keeps who looked at whose. `orderBy` is `createdAt`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/support/tickets/{id}/messages",
    operation_id = "listAnyTicketMessages",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The ticket."), Paging),
    responses((status = 200, description = "A page of messages.", body = Paged<AgentMessage>))
)]
pub(crate) async fn list_any_ticket_messages(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::SupportHandle>,
    Path(id): Path<Uuid>,
    paging: Paging,
) -> Result<Paged<AgentMessage>, Problem> {
    let (rows, paging) = (app.store.bind(&caller), &paging);
    let page = rows.write(move |tx| async move {
        let ticket = tickets::any(&tx, id).await?;
        let page = messages::page(&tx, ticket.id, paging).await?;
        record(&tx, "ticket.messages-read", &ticket, json!({ "shown": page.data.len() }));
        Ok::<_, crate::SupportError>(page)
    });
    Ok(page.await?.map(AgentMessage::from))
}
