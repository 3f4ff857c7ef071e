//! `GET /api/v1/support/tickets/{id}/messages`

use axum::extract::State;
use banyan_http::{Paged, Paging, Path, Problem, SignedIn};
use banyan_kernel::Uuid;

use super::TicketMessage;
use crate::App;
use crate::store::{messages, tickets};

/// Lists what was said in a ticket of one's own, the latest first. `orderBy` is `createdAt`.
#[utoipa::path(
    get,
    path = "/api/v1/support/tickets/{id}/messages",
    operation_id = "listTicketMessages",
    tag = "support",
    params(("id" = Uuid, Path, description = "The ticket."), Paging),
    responses((status = 200, description = "A page of messages.", body = Paged<TicketMessage>))
)]
pub(crate) async fn list_ticket_messages(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
    paging: Paging,
) -> Result<Paged<TicketMessage>, Problem> {
    let (rows, paging) = (app.store.bind(&caller), &paging);
    let page = rows.read(move |tx| async move {
        let ticket = tickets::own(&tx, id).await?;
        messages::page(&tx, ticket.id, paging).await
    });
    Ok(page.await?.map(TicketMessage::from))
}
