//! What a ticket is about, how it goes through its life, and what comes of it.

use banyan_http::words;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

words! {
    /// What a person asks. Stored: never rename one.
    pub(crate) Category as TicketCategory {
        Question = "question",
        Account = "account",
        /// Something does not work.
        Technical = "technical",
        Billing = "billing",
        Complaint = "complaint",
        /// A copy of one's data (UU PDP articles 6, 7 and 13).
        DataCopy = "data-copy",
        /// Correction of one's data (article 6).
        DataCorrection = "data-correction",
        /// Erasure of one's data (article 8).
        DataErasure = "data-erasure",
        /// Consent is taken back (article 9).
        ConsentWithdrawal = "consent-withdrawal",
        /// Work on one's data is delayed, restricted, or not to be done by machines alone (articles 10 and 11).
        DataRestriction = "data-restriction",
    }
}

words! {
    /// Where a ticket stands. Stored: never rename one.
    pub(crate) State as TicketState {
        /// Those who answer must act.
        Open = "open",
        /// The person has an answer and may ask further.
        Answered = "answered",
        /// The person was asked for something.
        Waiting = "waiting",
        /// Dealt with; writing again opens it.
        Solved = "solved",
        /// Nothing follows, unless it is opened again within 30 days.
        Closed = "closed",
    }
}

words! {
    /// What came of a data request. Stored: never rename one.
    pub(crate) Outcome as TicketOutcome {
        Fulfilled = "fulfilled",
        /// The law allows or demands it (UU PDP articles 15 and 33); the answer says why.
        Refused = "refused",
        /// The person does not want it any more.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// What a note tells. Stored: never rename one.
    pub(crate) NoteKind as TicketNoteKind {
        /// What somebody wrote for the others.
        Note = "note",
        State = "state",
        Assignee = "assignee",
        Priority = "priority",
        Category = "category",
        Tier = "tier",
        Outcome = "outcome",
    }
}

/// How soon. Stored by its number, so that a list can be ordered by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "i64", db_type = "BigInteger")]
#[serde(rename_all = "lowercase")]
#[schema(as = TicketPriority)]
pub(crate) enum Priority {
    #[sea_orm(num_value = 1)]
    Low,
    #[sea_orm(num_value = 2)]
    Normal,
    #[sea_orm(num_value = 3)]
    High,
    #[sea_orm(num_value = 4)]
    Urgent,
}

impl Category {
    /// Whether it is a request about personal data, for which the law sets the time.
    pub(crate) const fn is_data_request(self) -> bool {
        match self {
            Self::DataCopy | Self::DataCorrection | Self::DataErasure | Self::ConsentWithdrawal | Self::DataRestriction => true,
            Self::Question | Self::Account | Self::Technical | Self::Billing | Self::Complaint => false,
        }
    }

    /// The priority of a new ticket.
    pub(crate) const fn usual_priority(self) -> Priority {
        match self {
            Self::Complaint | Self::Technical => Priority::High,
            category if category.is_data_request() => Priority::High,
            _ => Priority::Normal,
        }
    }

    /// What a person can do at once, without waiting for anybody.
    pub(crate) const fn self_service(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::DataCopy => Some(("GET", "/api/v1/users/data")),
            Self::DataCorrection => Some(("PATCH", "/api/v1/users/profile")),
            Self::DataErasure => Some(("POST", "/api/v1/users/erasure")),
            Self::ConsentWithdrawal => Some(("DELETE", "/api/v1/legal/consent/acceptances")),
            _ => None,
        }
    }
}

impl State {
    /// Whether those who answer must act.
    pub(crate) const fn needs_agents(self) -> bool {
        matches!(self, Self::Open)
    }

    pub(crate) const fn is_over(self) -> bool {
        matches!(self, Self::Solved | Self::Closed)
    }
}
