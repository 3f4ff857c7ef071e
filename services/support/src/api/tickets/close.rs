//! `POST /api/v1/support/tickets/{id}/close`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;

use super::Ticket;
use crate::App;
use crate::api::tag;
use crate::store::tickets;

/// The person needs nothing more. A data request that was not dealt with is withdrawn. Saying so twice changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/support/tickets/{id}/close",
    operation_id = "closeTicket",
    tag = "support",
    params(("id" = Uuid, Path, description = "The ticket.")),
    responses((status = 200, description = "The ticket as it is now.", body = Ticket))
)]
pub(crate) async fn close_ticket(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<Ticket>, Problem> {
    let (rows, preconditions) = (app.store.bind(&caller), &preconditions);
    let closed = rows.write(move |tx| async move {
        let before = tickets::own_locked(&tx, id).await?;
        preconditions.allow(&tag(before.id, before.version))?;
        tickets::close(&tx, before).await
    });
    Ok(Ticket::from(closed.await?).tagged())
}
