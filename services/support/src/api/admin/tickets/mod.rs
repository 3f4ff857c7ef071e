//! Tickets as those who answer see them. Whoever reads one is on record.

mod answer;
mod change;
mod erase;
mod escalate;
mod get;
mod list;
mod messages;
mod notes;

use banyan_http::Tagged;
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use banyan_store::audit::Record;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::api::{moment, tag};
use crate::entity::message;
use crate::entity::message::Attachment;
use crate::entity::ticket::Model;
use crate::model::{Category, Outcome, Priority, State};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_all_tickets))
        .routes(routes!(get::get_any_ticket, change::change_ticket))
        .routes(routes!(messages::list_any_ticket_messages, answer::answer_ticket))
        .routes(routes!(notes::list_ticket_notes, notes::write_ticket_note))
        .routes(routes!(escalate::escalate_ticket))
        .routes(routes!(erase::erase_for_ticket))
}

/// A ticket with all that those who answer need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-000000000009", "reference": "BX7K-3M9Q", "userId": "01941f29-7c00-7000-8000-0000000000aa",
    "category": "data-copy", "dataRequest": true, "subject": "Salinan data saya", "locale": "id-ID", "state": "open",
    "priority": "high", "assigneeId": null, "tier": 1, "dueAt": "2025-01-05T08:00:00Z", "overdue": false, "outcome": null,
    "firstAnsweredAt": null, "solvedAt": null, "closedAt": null, "reopened": 0, "rating": null, "ratingComment": null,
    "createdAt": "2025-01-02T08:00:00Z", "updatedAt": "2025-01-02T08:00:00Z", "version": 1
}))]
pub(crate) struct AgentTicket {
    id: Uuid,
    reference: String,
    /// Who asked.
    user_id: Uuid,
    #[schema(inline)]
    category: Category,
    /// Whether the law sets the time (UU No. 27 Tahun 2022).
    data_request: bool,
    subject: String,
    /// The language in which it was asked, BCP 47.
    locale: String,
    #[schema(inline)]
    state: State,
    #[schema(inline)]
    priority: Priority,
    assignee_id: Option<Uuid>,
    /// 1: those who answer; 2: administrators; 3: owners.
    #[schema(minimum = 1, maximum = 3)]
    tier: i64,
    /// When those who answer must have acted; `null` while nothing is expected of them.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    overdue: bool,
    #[schema(inline)]
    outcome: Option<Outcome>,
    #[schema(value_type = Option<String>, format = DateTime)]
    first_answered_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    solved_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Timestamp>,
    /// How often.
    reopened: i64,
    #[schema(minimum = 1, maximum = 5)]
    rating: Option<i64>,
    rating_comment: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    version: i64,
}

impl AgentTicket {
    fn of(row: Model, now: Timestamp) -> Self {
        Self {
            id: row.id,
            reference: row.reference,
            user_id: row.user_id,
            category: row.category,
            data_request: row.category.is_data_request(),
            subject: row.subject,
            locale: row.locale,
            state: row.state,
            priority: row.priority,
            assignee_id: row.assignee_id,
            tier: row.tier,
            due_at: row.due_at.map(moment),
            overdue: row.due_at.is_some_and(|due| due < now.micros()),
            outcome: row.outcome,
            first_answered_at: row.first_answered_at.map(moment),
            solved_at: row.solved_at.map(moment),
            closed_at: row.closed_at.map(moment),
            reopened: row.reopened,
            rating: row.rating,
            rating_comment: row.rating_comment,
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
            version: row.version,
        }
    }

    fn tagged(self) -> Tagged<Self> {
        Tagged::new(tag(self.id, self.version), self)
    }
}

/// What was said in a ticket, with who said it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-00000000000a", "authorId": "01941f29-7c00-7000-8000-0000000000aa", "byPerson": true,
    "text": "Mohon salinan data saya.", "attachments": [], "answer": null, "createdAt": "2025-01-02T08:00:00Z"
}))]
pub(crate) struct AgentMessage {
    id: Uuid,
    author_id: Uuid,
    by_person: bool,
    text: String,
    attachments: Vec<Attachment>,
    /// The answer that was used, where one was.
    answer: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<message::Model> for AgentMessage {
    fn from(row: message::Model) -> Self {
        Self {
            id: row.id,
            by_person: row.author_id == row.user_id,
            author_id: row.author_id,
            text: row.text,
            attachments: row.attachments.0,
            answer: row.answer,
            created_at: moment(row.created_at),
        }
    }
}

/// An act of an agent, for the audit log.
fn record(tx: &Tx, action: &str, ticket: &Model, detail: serde_json::Value) {
    tx.audit(Record::new(action).subject(ticket.user_id).object("ticket", ticket.id).detail(detail));
}
