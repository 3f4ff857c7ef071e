//! `POST /api/v1/content/voice-journal`

use axum::extract::State;
use banyan_contracts::content::VoiceJournalRecorded;
use banyan_http::{Check, Created, Once, Problem, SignedIn, Validate};
use serde::Deserialize;
use utoipa::ToSchema;

use super::VoiceEntry;
use crate::App;
use crate::api::{LONGEST_ENTRY, check_mood};
use crate::entity::journal::Kind;
use crate::error::ContentError;
use crate::store::journals::{self, Entry};

/// What a person said, and how she felt.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"transcription": "Telephone in the kitchen, seven hours of sleep.", "mood": 8}))]
pub(crate) struct NewVoiceEntry {
    #[schema(min_length = 1, max_length = 50_000)]
    transcription: String,
    #[schema(minimum = 1, maximum = 10)]
    mood: i64,
}

impl Validate for NewVoiceEntry {
    fn validate(&self, check: &mut Check) {
        check.text("transcription", &self.transcription).not_blank().length(1, LONGEST_ENTRY).any();
        check_mood(check, Some(self.mood));
    }
}

/// Keeps a spoken entry of the caller's. Nobody else reads it, unless she grants it.
#[utoipa::path(
    post,
    path = "/api/v1/content/voice-journal",
    operation_id = "createVoiceEntry",
    tag = "journal",
    request_body = NewVoiceEntry,
    responses((status = 201, description = "The new entry.", body = VoiceEntry))
)]
pub(crate) async fn create_voice_entry(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Once { key, body }: Once<NewVoiceEntry>,
) -> Result<Created<VoiceEntry>, Problem> {
    let user = caller.require_user()?;
    let rows = app.store.bind(&caller);
    let (mood, entry) = (body.mood, &Entry { kind: Kind::Voice, content: &body.transcription, mood: Some(body.mood), tags: &[] });
    let kept = rows.write_once(key.as_ref(), move |tx| async move {
        let row = journals::insert(&tx, user, entry, tx.now()).await?;
        tx.publish(&VoiceJournalRecorded { journal_id: row.id, user_id: user, mood }).await?;
        Ok::<_, ContentError>(VoiceEntry::from(row))
    });
    let kept = kept.await?;
    Ok(Created::at(format!("/api/v1/content/voice-journal/{}", kept.id), kept))
}
