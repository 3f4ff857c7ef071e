//! Events of the context engine. They carry nothing of what people wrote: who takes part in a session reads that there.

use banyan_kernel::Uuid;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Event;

/// Events about one session: its id is the subject, so that a consumer sees what happens in it in order.
macro_rules! about_a_session {
    ($($event:ident = $kind:literal),+ $(,)?) => {
        $(
            impl Event for $event {
                const TYPE: &'static str = $kind;
                const VERSION: u32 = 1;

                fn subject(&self) -> String {
                    self.session_id.to_string()
                }
            }
        )+
    };
}

about_a_session! {
    SessionCreated = "context.session.created",
    SessionEnded = "context.session.ended",
    SessionDeleted = "context.session.deleted",
    ItemChanged = "context.item.changed",
    SuggestionGenerated = "context.suggestion.generated",
    SuggestionAnswered = "context.suggestion.answered",
}

/// Somebody has begun a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionCreated {
    pub session_id: Uuid,
    pub owner_id: Uuid,
}

/// The session is over: nothing in it changes any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionEnded {
    pub session_id: Uuid,
    pub ended_by: Uuid,
}

/// The session is gone with everything in it, as its owner was erased: what others keep by its id goes, too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionDeleted {
    pub session_id: Uuid,
}

/// Something that the participants know together was added, changed, deleted or brought back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemChanged {
    pub session_id: Uuid,
    pub item_id: Uuid,
    /// `note`, `task`, …: what the participants call it.
    pub kind: String,
    /// `created`, `updated`, `deleted` or `restored`.
    pub change: String,
    /// Of the item, after the change.
    pub version: i64,
    pub changed_by: Uuid,
}

/// The engine proposes something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuggestionGenerated {
    pub session_id: Uuid,
    pub suggestion_id: Uuid,
    /// `related`, `duplicate`, `schedule`, `task` or `topic`.
    pub kind: String,
    /// 0 to 1, before anybody's own ranking.
    pub score: f64,
    /// The items that it rests on.
    pub item_ids: Vec<Uuid>,
    pub model: String,
    pub model_version: String,
}

/// A participant has said what a suggestion was worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuggestionAnswered {
    pub session_id: Uuid,
    pub suggestion_id: Uuid,
    pub kind: String,
    /// `accepted` or `dismissed`.
    pub answer: String,
    pub answered_by: Uuid,
}
