//! Events of the support service. They carry nothing of what was written: that is between a person and those who answer.

use banyan_kernel::{Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Event;

/// Events about one ticket: its id is the subject, so that a consumer sees what happens to it in order.
macro_rules! about_a_ticket {
    ($($event:ident = $kind:literal),+ $(,)?) => {
        $(
            impl Event for $event {
                const TYPE: &'static str = $kind;
                const VERSION: u32 = 1;

                fn subject(&self) -> String {
                    self.ticket_id.to_string()
                }
            }
        )+
    };
}

about_a_ticket! {
    TicketOpened = "support.ticket.opened",
    TicketAnswered = "support.ticket.answered",
    TicketReplied = "support.ticket.replied",
    TicketAssigned = "support.ticket.assigned",
    TicketEscalated = "support.ticket.escalated",
    TicketSolved = "support.ticket.solved",
    TicketClosed = "support.ticket.closed",
    TicketRated = "support.ticket.rated",
}

/// A person has asked something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketOpened {
    pub ticket_id: Uuid,
    pub user_id: Uuid,
    /// What people call the ticket: `BX7K-3M9Q`.
    pub reference: String,
    /// `question`, `data-erasure`, ….
    pub category: String,
    /// Whether the law sets the time in which it is answered (UU No. 27 Tahun 2022).
    pub data_request: bool,
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
}

/// The person has an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketAnswered {
    pub ticket_id: Uuid,
    pub user_id: Uuid,
    pub reference: String,
    /// Whether the answer asks the person for something.
    pub waits_for_person: bool,
}

/// The person has written again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketReplied {
    pub ticket_id: Uuid,
    pub user_id: Uuid,
    pub reference: String,
    /// Who looks after the ticket, where somebody does.
    pub assignee_id: Option<Uuid>,
}

/// Somebody else looks after the ticket now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketAssigned {
    pub ticket_id: Uuid,
    pub reference: String,
    pub assignee_id: Uuid,
    /// Who said so.
    pub assigned_by: Uuid,
}

/// A ticket needs people: it is new and nobody's, its time runs out or is over, or somebody asked for help.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketEscalated {
    pub ticket_id: Uuid,
    pub reference: String,
    pub category: String,
    /// 1: those who answer; 2: administrators; 3: owners.
    pub tier: i64,
    /// `new`, `due-soon`, `overdue` or `asked`.
    pub reason: String,
    /// Those who are called.
    pub agent_ids: Vec<Uuid>,
}

/// The ticket is dealt with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketSolved {
    pub ticket_id: Uuid,
    pub user_id: Uuid,
    pub reference: String,
    pub category: String,
    /// Of a data request: `fulfilled`, `refused` or `withdrawn`.
    pub outcome: Option<String>,
}

/// Nothing follows any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketClosed {
    pub ticket_id: Uuid,
    pub user_id: Uuid,
}

/// The person said how good the help was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketRated {
    pub ticket_id: Uuid,
    /// 1 to 5.
    pub rating: i64,
}
