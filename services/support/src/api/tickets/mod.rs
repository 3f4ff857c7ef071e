//! A person's own tickets.

mod close;
mod create;
mod get;
mod list;
mod messages;
mod rate;
mod reopen;
mod write;

use banyan_http::Tagged;
use banyan_kernel::{Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{moment, tag};
use crate::App;
use crate::entity::message::{self, Attachment};
use crate::entity::ticket::Model;
use crate::model::{Category, Outcome, State};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_tickets, create::open_ticket))
        .routes(routes!(get::get_ticket))
        .routes(routes!(messages::list_ticket_messages, write::write_in_ticket))
        .routes(routes!(close::close_ticket))
        .routes(routes!(reopen::reopen_ticket))
        .routes(routes!(rate::rate_ticket))
}

/// A call by which a person does at once what the ticket asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SupportSelfService)]
pub(crate) struct SelfService {
    method: String,
    path: String,
}

impl SelfService {
    pub(super) fn of(category: Category) -> Option<Self> {
        category.self_service().map(|(method, path)| Self { method: method.to_owned(), path: path.to_owned() })
    }
}

/// Something that a person asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-000000000009", "reference": "BX7K-3M9Q", "category": "data-copy",
    "subject": "Salinan data saya", "state": "open", "locale": "id-ID", "dueAt": "2025-01-05T08:00:00Z", "outcome": null,
    "selfService": null, "rating": null, "createdAt": "2025-01-02T08:00:00Z", "updatedAt": "2025-01-02T08:00:00Z", "version": 1
}))]
pub(crate) struct Ticket {
    pub(crate) id: Uuid,
    /// What people call it.
    reference: String,
    #[schema(inline)]
    category: Category,
    subject: String,
    #[schema(inline)]
    state: State,
    /// The language in which it was asked, BCP 47.
    locale: String,
    /// When an answer is due at the latest; `null` while none is expected.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// What came of a data request; `null` until it is over, and for everything else.
    #[schema(inline)]
    outcome: Option<Outcome>,
    #[schema(inline)]
    self_service: Option<SelfService>,
    /// 1 to 5, where the person said how good the help was.
    #[schema(minimum = 1, maximum = 5)]
    rating: Option<i64>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Rises with each change; the entity tag rests on it.
    version: i64,
}

impl From<Model> for Ticket {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            reference: row.reference,
            category: row.category,
            subject: row.subject,
            state: row.state,
            locale: row.locale,
            due_at: row.due_at.map(moment),
            outcome: row.outcome,
            self_service: SelfService::of(row.category).filter(|_| !row.state.is_over()),
            rating: row.rating,
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
            version: row.version,
        }
    }
}

impl Ticket {
    fn tagged(self) -> Tagged<Self> {
        Tagged::new(tag(self.id, self.version), self)
    }
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = TicketSpeaker)]
pub(crate) enum Speaker {
    Person,
    Support,
}

/// What was said in a ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-00000000000a", "from": "person", "text": "Mohon salinan data saya.", "attachments": [],
    "createdAt": "2025-01-02T08:00:00Z"
}))]
pub(crate) struct TicketMessage {
    id: Uuid,
    #[schema(inline)]
    from: Speaker,
    text: String,
    attachments: Vec<Attachment>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<message::Model> for TicketMessage {
    fn from(row: message::Model) -> Self {
        Self {
            id: row.id,
            from: if row.author_id == row.user_id { Speaker::Person } else { Speaker::Support },
            text: row.text,
            attachments: row.attachments.0,
            created_at: moment(row.created_at),
        }
    }
}
