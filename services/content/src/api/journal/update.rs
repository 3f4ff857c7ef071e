//! `PATCH /api/v1/content/journal/{id}`

use axum::extract::State;
use banyan_http::{Body, Check, Path, Preconditions, Problem, SignedIn, Tagged, Validate, nullable, present};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{JournalEntry, change, check_tags};
use crate::App;
use crate::api::{LONGEST_ENTRY, check_mood};
use crate::entity::journal::{Model, Tags};
use crate::store::journals::Sight;

/// What is to be different. What is left out stays; `null` clears.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"mood": null, "tags": ["running", "spring"]}))]
pub(crate) struct JournalChanges {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 50_000)]
    content: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 10)]
    mood: Option<Option<i64>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<String>, required = false, max_items = 20)]
    tags: Option<Vec<String>>,
}

impl Validate for JournalChanges {
    fn validate(&self, check: &mut Check) {
        check.text("content", &self.content).not_blank().length(1, LONGEST_ENTRY).any();
        check_mood(check, self.mood.flatten());
        check_tags(check, self.tags.as_deref().unwrap_or_default());
    }
}

impl JournalChanges {
    fn apply(&self, row: &mut Model) {
        if let Some(content) = &self.content {
            row.content.clone_from(content);
        }
        if let Some(tags) = &self.tags {
            row.tags = Tags(tags.clone());
        }
        row.mood = self.mood.unwrap_or(row.mood);
    }
}

/// Changes an entry of one's own. `If-Match` with the tag that was read keeps two editors from overwriting one another.
#[utoipa::path(
    patch,
    path = "/api/v1/content/journal/{id}",
    operation_id = "updateJournalEntry",
    tag = "journal",
    params(("id" = Uuid, Path, description = "The entry."), ("If-Match" = Option<String>, Header, description = "The tag that was read.")),
    request_body = JournalChanges,
    responses((status = 200, description = "The entry as it is now.", body = JournalEntry))
)]
pub(crate) async fn update_journal_entry(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
    Body(changes): Body<JournalChanges>,
) -> Result<Tagged<JournalEntry>, Problem> {
    change(&app, &caller, id, &preconditions, Sight::Living, |row| changes.apply(row)).await
}
