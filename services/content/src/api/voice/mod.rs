//! Journals that are spoken and transcribed.

mod create;
mod delete;
mod get;
mod list;

use banyan_kernel::{Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::moment;
use crate::App;
use crate::entity::journal::Model;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_voice_journal, create::create_voice_entry))
        .routes(routes!(get::get_voice_entry, delete::delete_voice_entry))
}

/// An entry that was spoken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-000000000006", "userId": "01941f29-7c00-7000-8000-0000000000aa",
    "transcription": "Telephone in the kitchen, seven hours of sleep.", "mood": 8,
    "createdAt": "2025-01-02T19:00:00Z", "updatedAt": "2025-01-02T19:00:00Z", "version": 1
}))]
pub(crate) struct VoiceEntry {
    pub(crate) id: Uuid,
    user_id: Uuid,
    transcription: String,
    #[schema(minimum = 1, maximum = 10)]
    mood: Option<i64>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Rises with each change; the entity tag rests on it.
    version: i64,
}

impl From<Model> for VoiceEntry {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            transcription: row.content,
            mood: row.mood,
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
            version: row.version,
        }
    }
}
