//! `POST /api/v1/admin/support/tickets/{id}/erasure`

use axum::extract::State;
use banyan_http::{Allowed, AskError, NoContent, Path, Problem, permit};
use banyan_kernel::{Permission, Uuid};
use http::StatusCode;
use serde_json::json;

use super::record;
use crate::App;
use crate::error::SupportError;
use crate::model::{self, Category, Outcome};
use crate::people;
use crate::store::tickets::{self, Answered, Decision};

/// Fulfils a request for erasure: the ticket is solved, and identity erases the account with all that is the person's in every service, this
/// ticket among it. There is no way back. It takes the right to manage users besides; where the person has the account still, they may ask
/// for it themselves, and have 14 days to think again.
#[utoipa::path(
    post,
    path = "/api/v1/admin/support/tickets/{id}/erasure",
    operation_id = "eraseForTicket",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The ticket, of category `data-erasure`.")),
    responses(
        (status = 204, description = "The account is closed, and its erasure has begun."),
        (status = 409, description = "The ticket does not ask for erasure, or is over.")
    )
)]
pub(crate) async fn erase_for_ticket(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::SupportHandle>,
    Path(id): Path<Uuid>,
) -> Result<NoContent, Problem> {
    caller.require(Permission::UsersManage)?;
    let rows = app.store.bind(&caller);
    let asked = rows.write(move |tx| async move {
        let ticket = tickets::any(&tx, id).await?;
        // Before the act: afterwards the ticket goes with the account.
        record(&tx, "ticket.erasure-asked", &ticket, json!({ "reference": ticket.reference, "category": ticket.category }));
        Ok::<_, SupportError>(ticket)
    });
    let ticket = asked.await?;
    if ticket.category != Category::DataErasure || ticket.state.is_over() {
        return Err(SupportError::Conflict("support-ticket-not-erasure").into());
    }
    // First the act, then the word about it. Where the word fails the ticket stays open, and asking again does no harm.
    match people::begin_erasure(&app.mesh, &caller, ticket.user_id).await {
        Ok(()) => {}
        Err(AskError::Status { status: StatusCode::FORBIDDEN, .. }) => return Err(Problem::hidden()),
        Err(AskError::Status { status: StatusCode::CONFLICT, .. }) => {
            return Err(SupportError::Conflict("support-erasure-refused").into());
        }
        Err(error) => return Err(error.into()),
    }
    let fulfilled = rows.write(move |tx| async move {
        // Erasing may have been faster, and the ticket be gone.
        let Ok(before) = tickets::any_locked(&tx, id).await else { return Ok(()) };
        if before.state.is_over() {
            return Ok(());
        }
        let state = Some(model::State::Solved);
        let decision = Decision { state, outcome: Some(Outcome::Fulfilled), ..Decision::default() };
        let after = tickets::decide(&tx, before, &decision, Answered::No).await?;
        record(&tx, "ticket.erasure-begun", &after, json!({ "reference": after.reference }));
        Ok::<_, SupportError>(())
    });
    fulfilled.await?;
    Ok(NoContent)
}
