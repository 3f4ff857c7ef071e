//! `POST /api/v1/support/tickets/{id}/rating`

use axum::extract::State;
use banyan_contracts::support::TicketRated;
use banyan_http::{Body, Check, Path, Problem, SignedIn, Tagged, Validate};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Ticket;
use crate::App;
use crate::error::SupportError;
use crate::store::tickets;

/// How good the help was.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"rating": 5, "comment": "Cepat dan ramah."}))]
pub(crate) struct TicketRating {
    #[schema(minimum = 1, maximum = 5)]
    rating: i64,
    #[schema(min_length = 1, max_length = 2_000)]
    comment: Option<String>,
}

impl Validate for TicketRating {
    fn validate(&self, check: &mut Check) {
        check.range("rating", self.rating, 1, 5);
        check.text("comment", &self.comment).not_blank().length(1, 2_000).any();
    }
}

/// Says how good the help was, when the ticket is solved or closed. The last word counts.
#[utoipa::path(
    post,
    path = "/api/v1/support/tickets/{id}/rating",
    operation_id = "rateTicket",
    tag = "support",
    params(("id" = Uuid, Path, description = "The ticket.")),
    request_body = TicketRating,
    responses(
        (status = 200, description = "The ticket as it is now.", body = Ticket),
        (status = 409, description = "It is not dealt with yet.")
    )
)]
pub(crate) async fn rate_ticket(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
    Body(said): Body<TicketRating>,
) -> Result<Tagged<Ticket>, Problem> {
    let (rows, said) = (app.store.bind(&caller), &said);
    let rated = rows.write(move |tx| async move {
        let before = tickets::own_locked(&tx, id).await?;
        if !before.state.is_over() {
            return Err(SupportError::Conflict("support-ticket-not-over"));
        }
        let mut after = before.clone();
        (after.rating, after.rating_comment) = (Some(said.rating), said.comment.clone());
        let after = tickets::save(&tx, &before, after).await?;
        tx.publish(&TicketRated { ticket_id: id, rating: said.rating }).await?;
        Ok(after)
    });
    Ok(Ticket::from(rated.await?).tagged())
}
