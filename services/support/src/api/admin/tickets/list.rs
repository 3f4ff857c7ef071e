//! `GET /api/v1/admin/support/tickets`

use axum::extract::State;
use banyan_http::{Allowed, Check, FieldError, Paged, Paging, Problem, Query, Validate, permit};
use banyan_kernel::Uuid;
use banyan_store::audit::Record;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::AgentTicket;
use crate::App;
use crate::entity::ticket::{Column, Entity};
use crate::model;
use crate::store::tickets;

/// Which tickets to show.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    #[param(inline)]
    state: Option<model::State>,
    #[param(inline)]
    category: Option<model::Category>,
    #[param(inline)]
    priority: Option<model::Priority>,
    /// Who asked.
    user_id: Option<Uuid>,
    /// Who looks after them: an id, `me`, or `nobody`.
    #[param(max_length = 40)]
    assignee: Option<String>,
    #[param(minimum = 1, maximum = 3)]
    tier: Option<i64>,
    /// Only those whose time is over.
    overdue: Option<bool>,
    /// What people call it.
    #[param(max_length = 20)]
    reference: Option<String>,
}

impl Validate for Which {
    fn validate(&self, check: &mut Check) {
        check.line("assignee", &self.assignee).length(1, 40).any();
        let named = self.assignee.as_deref().is_none_or(|name| name == "me" || name == "nobody" || Uuid::parse_str(name).is_ok());
        check.that(named, "assignee", FieldError::new("assignee", "support-field-assignee"));
        check.range("tier", self.tier, 1, 3);
        check.line("reference", &self.reference).length(1, 20).any();
    }
}

impl Which {
    fn select(&self, me: Uuid, now: i64) -> Select<Entity> {
        let mut select = Entity::find();
        if let Some(state) = self.state {
            select = select.filter(Column::State.eq(state));
        }
        if let Some(category) = self.category {
            select = select.filter(Column::Category.eq(category));
        }
        if let Some(priority) = self.priority {
            select = select.filter(Column::Priority.eq(priority));
        }
        if let Some(user) = self.user_id {
            select = select.filter(Column::UserId.eq(user));
        }
        if let Some(tier) = self.tier {
            select = select.filter(Column::Tier.eq(tier));
        }
        if let Some(reference) = &self.reference {
            select = select.filter(Column::Reference.eq(reference.to_uppercase()));
        }
        if self.overdue == Some(true) {
            select = select.filter(Column::DueAt.lt(now));
        }
        match self.assignee.as_deref() {
            None => select,
            Some("nobody") => select.filter(Column::AssigneeId.is_null()),
            Some("me") => select.filter(Column::AssigneeId.eq(me)),
            Some(id) => select.filter(Column::AssigneeId.eq(Uuid::parse_str(id).unwrap_or_default())),
        }
    }
}

/// Lists everybody's tickets. That somebody looked is on record, with what they looked for. `orderBy` is one of `createdAt` (the default),
/// `updatedAt`, `dueAt`, `priority`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/support/tickets",
    operation_id = "listAllTickets",
    tag = "administration",
    params(Which, Paging),
    responses((status = 200, description = "A page of tickets.", body = Paged<AgentTicket>))
)]
pub(crate) async fn list_all_tickets(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::SupportHandle>,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<AgentTicket>, Problem> {
    let me = caller.require_user()?;
    let (rows, which, paging) = (app.store.bind(&caller), &which, &paging);
    let page = rows.write(move |tx| async move {
        let now = tx.now();
        let page = tickets::page(&tx, which.select(me, now.micros()), paging).await?;
        let record = Record::new("tickets.listed").detail(json!({ "shown": page.data.len() }));
        tx.audit(match which.user_id {
            Some(user) => record.subject(user),
            None => record,
        });
        Ok::<_, crate::SupportError>(page.map(|row| AgentTicket::of(row, now)))
    });
    Ok(page.await?)
}
