//! `POST /api/v1/admin/support/tickets/{id}/escalate`

use axum::extract::State;
use banyan_http::{Allowed, Body, Check, Path, Preconditions, Problem, Tagged, Validate, permit};
use banyan_kernel::Uuid;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{AgentTicket, record};
use crate::App;
use crate::api::tag;
use crate::jobs::Reason;
use crate::store::{notes, tickets};

/// Why others are needed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"reason": "Membutuhkan keputusan pemilik."}))]
pub(crate) struct Escalation {
    /// For those who are called; the person never sees it.
    #[schema(min_length = 1, max_length = 2_000)]
    reason: String,
}

impl Validate for Escalation {
    fn validate(&self, check: &mut Check) {
        check.text("reason", &self.reason).not_blank().length(1, 2_000).any();
    }
}

/// Hands a ticket up to the next tier, whose people are called: from those who answer to administrators, from them to owners.
#[utoipa::path(
    post,
    path = "/api/v1/admin/support/tickets/{id}/escalate",
    operation_id = "escalateTicket",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The ticket.")),
    request_body = Escalation,
    responses(
        (status = 200, description = "The ticket as it is now.", body = AgentTicket),
        (status = 409, description = "The ticket is over.")
    )
)]
pub(crate) async fn escalate_ticket(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::SupportHandle>,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
    Body(escalation): Body<Escalation>,
) -> Result<Tagged<AgentTicket>, Problem> {
    let (rows, escalation, preconditions) = (app.store.bind(&caller), &escalation, &preconditions);
    let escalated = rows.write(move |tx| async move {
        let before = tickets::any_locked(&tx, id).await?;
        preconditions.allow(&tag(before.id, before.version))?;
        let after = tickets::escalate(&tx, before, Reason::Asked).await?;
        notes::write(&tx, after.id, &escalation.reason).await?;
        record(&tx, "ticket.escalated", &after, json!({ "tier": after.tier }));
        Ok::<_, crate::SupportError>(AgentTicket::of(after, tx.now()))
    });
    Ok(escalated.await?.tagged())
}
