//! Journals that are written.

mod create;
mod delete;
mod get;
mod list;
mod restore;
mod update;

use banyan_http::{Check, Preconditions, Problem, Tagged};
use banyan_kernel::{Caller, Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{moment, tag};
use crate::App;
use crate::entity::journal::{Kind, Model};
use crate::store::journals::{self, Sight};

const MOST_TAGS: usize = 20;
const LONGEST_TAG: usize = 50;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_journal, create::create_journal_entry))
        .routes(routes!(get::get_journal_entry, update::update_journal_entry, delete::delete_journal_entry))
        .routes(routes!(restore::restore_journal_entry))
}

/// An entry of a person's journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-000000000005", "userId": "01941f29-7c00-7000-8000-0000000000aa",
    "content": "Ran five kilometres without stopping.", "mood": 8, "tags": ["running"],
    "createdAt": "2025-01-02T19:00:00Z", "updatedAt": "2025-01-02T19:00:00Z", "version": 1
}))]
pub(crate) struct JournalEntry {
    pub(crate) id: Uuid,
    user_id: Uuid,
    content: String,
    #[schema(minimum = 1, maximum = 10)]
    mood: Option<i64>,
    tags: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Rises with each change; the entity tag rests on it.
    version: i64,
}

impl From<Model> for JournalEntry {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            content: row.content,
            mood: row.mood,
            tags: row.tags.0,
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
            version: row.version,
        }
    }
}

fn check_tags(check: &mut Check, tags: &[String]) {
    check.count("tags", tags, 0, MOST_TAGS);
    for (position, text) in tags.iter().enumerate() {
        check.line(&format!("tags[{position}]"), text).not_blank().length(1, LONGEST_TAG).any();
    }
}

/// Changes the caller's own entry in one transaction, if the request's conditions hold.
async fn change<F>(
    app: &App,
    caller: &Caller,
    id: Uuid,
    preconditions: &Preconditions,
    sight: Sight,
    how: F,
) -> Result<Tagged<JournalEntry>, Problem>
where
    F: Fn(&mut Model) + Send + Sync,
{
    let how = &how;
    let rows = app.store.bind(caller);
    let entry = rows.write(move |tx| async move {
        let before = journals::own(&tx, id, Kind::Text, sight).await?;
        preconditions.allow(&tag(before.id, before.version))?;
        let mut after = before.clone();
        how(&mut after);
        journals::save(&tx, &before, after).await
    });
    let row = entry.await?;
    Ok(Tagged::new(tag(row.id, row.version), row.into()))
}
