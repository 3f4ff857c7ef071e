//! `PATCH /api/v1/admin/support/tickets/{id}`

use axum::extract::State;
use banyan_http::{Allowed, Body, Check, FieldError, Path, Preconditions, Problem, Tagged, Validate, nullable, permit, present};
use banyan_kernel::{Caller, ErrorCode, Role, Uuid};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{AgentTicket, record};
use crate::App;
use crate::api::tag;
use crate::model::{self, Category, Outcome, Priority};
use crate::people;
use crate::store::tickets::{self, Answered, Decision};

/// What is to be different. What is left out stays; `null` clears.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"priority": "urgent", "assigneeId": null}))]
pub(crate) struct TicketChanges {
    /// `open`, `waiting` or `solved`: `answered` comes with an answer, `closed` by itself.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false)]
    state: Option<model::State>,
    /// What came of a data request, with `solved`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false)]
    outcome: Option<Outcome>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false)]
    priority: Option<Priority>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false)]
    category: Option<Category>,
    /// Somebody who may answer.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Uuid>)]
    assignee_id: Option<Option<Uuid>>,
}

impl Validate for TicketChanges {
    fn validate(&self, check: &mut Check) {
        let may =
            self.state.is_none_or(|state| matches!(state, model::State::Open | model::State::Waiting | model::State::Solved));
        check.that(may, "state", FieldError::new("state-unfit", "support-field-state"));
    }
}

/// Decides who looks after a ticket, how soon, and where it stands. `If-Match` with the tag that was read keeps two from overwriting one
/// another.
#[utoipa::path(
    patch,
    path = "/api/v1/admin/support/tickets/{id}",
    operation_id = "changeTicket",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The ticket."), ("If-Match" = Option<String>, Header, description = "The tag that was read.")),
    request_body = TicketChanges,
    responses(
        (status = 200, description = "The ticket as it is now.", body = AgentTicket),
        (status = 409, description = "The ticket is closed.")
    )
)]
pub(crate) async fn change_ticket(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::SupportHandle>,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
    Body(changes): Body<TicketChanges>,
) -> Result<Tagged<AgentTicket>, Problem> {
    if let Some(Some(assignee)) = changes.assignee_id {
        require_agent(&app, &caller, assignee).await?;
    }
    let decision = Decision {
        state: changes.state,
        outcome: changes.outcome,
        priority: changes.priority,
        category: changes.category,
        assignee: changes.assignee_id,
    };
    let (rows, decision, preconditions) = (app.store.bind(&caller), &decision, &preconditions);
    let changed = rows.write(move |tx| async move {
        let before = tickets::any_locked(&tx, id).await?;
        preconditions.allow(&tag(before.id, before.version))?;
        let after = tickets::decide(&tx, before, decision, Answered::No).await?;
        let detail = json!({ "state": after.state, "priority": after.priority, "category": after.category,
            "assignee": after.assignee_id, "outcome": after.outcome });
        record(&tx, "ticket.changed", &after, detail);
        Ok::<_, crate::SupportError>(AgentTicket::of(after, tx.now()))
    });
    Ok(changed.await?.tagged())
}

/// Who looks after a ticket can read it.
async fn require_agent(app: &App, caller: &Caller, assignee: Uuid) -> Result<(), Problem> {
    if caller.user_id() == Some(assignee) {
        return Ok(());
    }
    let sheet = people::person(&app.mesh, caller.tenant, caller.request, assignee).await;
    let sheet = sheet.map_err(|error| Problem::new(ErrorCode::ServiceUnavailable).caused_by(&error))?;
    let answers = |role: &Role| matches!(role, Role::Support | Role::Admin | Role::Owner);
    match sheet {
        Some(sheet) if sheet.active && sheet.user.roles.iter().any(answers) => Ok(()),
        _ => Err(Problem::invalid("assigneeId", FieldError::new("no-agent", "support-field-no-agent"))),
    }
}
