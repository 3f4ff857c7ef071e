//! `GET /api/v1/support/tickets/{id}`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;

use super::Ticket;
use crate::App;
use crate::api::tag;
use crate::store::tickets;

/// Reads a ticket of one's own.
#[utoipa::path(
    get,
    path = "/api/v1/support/tickets/{id}",
    operation_id = "getTicket",
    tag = "support",
    params(("id" = Uuid, Path, description = "The ticket.")),
    responses(
        (status = 200, description = "The ticket.", body = Ticket),
        (status = 304, description = "The client has it already.")
    )
)]
pub(crate) async fn get_ticket(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<Ticket>, Problem> {
    let rows = app.store.bind(&caller);
    let row = rows.read(move |tx| async move { tickets::own(&tx, id).await }).await?;
    Ok(preconditions.answer(tag(row.id, row.version), || Ticket::from(row)))
}
