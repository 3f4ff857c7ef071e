//! `POST /api/v1/content/journal`

use axum::extract::State;
use banyan_http::{Check, Created, Once, Problem, SignedIn, Validate};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{JournalEntry, check_tags};
use crate::App;
use crate::api::{LONGEST_ENTRY, check_mood};
use crate::entity::journal::Kind;
use crate::error::ContentError;
use crate::store::journals::{self, Entry};

/// What a person wants to keep.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"content": "Ran five kilometres without stopping.", "mood": 8, "tags": ["running"]}))]
pub(crate) struct NewJournalEntry {
    #[schema(min_length = 1, max_length = 50_000)]
    content: String,
    #[schema(minimum = 1, maximum = 10)]
    mood: Option<i64>,
    /// Words of the person's own, 1 to 50 characters each.
    #[serde(default)]
    #[schema(max_items = 20)]
    tags: Vec<String>,
}

impl Validate for NewJournalEntry {
    fn validate(&self, check: &mut Check) {
        check.text("content", &self.content).not_blank().length(1, LONGEST_ENTRY).any();
        check_mood(check, self.mood);
        check_tags(check, &self.tags);
    }
}

/// Writes into the caller's journal. Nobody else reads it, unless she grants it.
#[utoipa::path(
    post,
    path = "/api/v1/content/journal",
    operation_id = "createJournalEntry",
    tag = "journal",
    request_body = NewJournalEntry,
    responses((status = 201, description = "The new entry.", body = JournalEntry))
)]
pub(crate) async fn create_journal_entry(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Once { key, body }: Once<NewJournalEntry>,
) -> Result<Created<JournalEntry>, Problem> {
    let user = caller.require_user()?;
    let rows = app.store.bind(&caller);
    let entry = &Entry { kind: Kind::Text, content: &body.content, mood: body.mood, tags: &body.tags };
    let kept = rows.write_once(key.as_ref(), move |tx| async move {
        let row = journals::insert(&tx, user, entry, tx.now()).await?;
        Ok::<_, ContentError>(JournalEntry::from(row))
    });
    let kept = kept.await?;
    Ok(Created::at(format!("/api/v1/content/journal/{}", kept.id), kept))
}
