//! Events of the content service. They carry nothing of what was written: that is the person's own.

use banyan_kernel::{Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Event;

/// A person spoke a journal entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VoiceJournalRecorded {
    pub journal_id: Uuid,
    pub user_id: Uuid,
    /// 1 to 10.
    pub mood: i64,
}

impl Event for VoiceJournalRecorded {
    const TYPE: &'static str = "content.voice-journal.recorded";
    const VERSION: u32 = 1;

    fn subject(&self) -> String {
        self.journal_id.to_string()
    }
}

/// A legal text counts from its date on. Those whom it asks for an acceptance find it among what they have still to accept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LegalTextPublished {
    /// `privacy`, `terms` or `consent`.
    pub kind: String,
    pub number: i64,
    #[schema(value_type = String, format = DateTime)]
    pub effective_at: Timestamp,
}

/// A person has accepted a version of a legal text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LegalTextAccepted {
    pub user_id: Uuid,
    pub kind: String,
    pub number: i64,
    /// Purposes to which the person agreed, where the text has any.
    pub purposes: Vec<String>,
}

/// A person has taken back the consent to purposes. Who works on the person's data for one of them stops, within 3 × 24 hours at the
/// latest (UU No. 27 Tahun 2022).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsentWithdrawn {
    pub user_id: Uuid,
    pub purposes: Vec<String>,
}

impl Event for LegalTextPublished {
    const TYPE: &'static str = "content.legal-text.published";
    const VERSION: u32 = 1;

    fn subject(&self) -> String {
        self.kind.clone()
    }
}

impl Event for LegalTextAccepted {
    const TYPE: &'static str = "content.legal-text.accepted";
    const VERSION: u32 = 1;

    fn subject(&self) -> String {
        self.user_id.to_string()
    }
}

impl Event for ConsentWithdrawn {
    const TYPE: &'static str = "content.consent.withdrawn";
    const VERSION: u32 = 1;

    fn subject(&self) -> String {
        self.user_id.to_string()
    }
}
