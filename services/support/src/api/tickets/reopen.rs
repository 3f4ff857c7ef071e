//! `POST /api/v1/support/tickets/{id}/reopen`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;

use super::Ticket;
use crate::App;
use crate::api::tag;
use crate::store::tickets;

/// Opens a ticket again that was solved, or closed within the last 30 days. One that is open stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/support/tickets/{id}/reopen",
    operation_id = "reopenTicket",
    tag = "support",
    params(("id" = Uuid, Path, description = "The ticket.")),
    responses(
        (status = 200, description = "The ticket as it is now.", body = Ticket),
        (status = 409, description = "It was closed more than 30 days ago: open a new one.")
    )
)]
pub(crate) async fn reopen_ticket(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<Ticket>, Problem> {
    let (rows, preconditions) = (app.store.bind(&caller), &preconditions);
    let opened = rows.write(move |tx| async move {
        let before = tickets::own_locked(&tx, id).await?;
        preconditions.allow(&tag(before.id, before.version))?;
        tickets::reopen(&tx, before).await
    });
    Ok(Ticket::from(opened.await?).tagged())
}
