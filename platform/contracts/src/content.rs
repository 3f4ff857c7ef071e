//! Events of the content service. They carry nothing of what was written: that is the person's own.

use banyan_kernel::Uuid;
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
