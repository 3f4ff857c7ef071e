//! The routes. One file a call: its types, its documentation, its handler.

mod admin;
mod feed;
mod grants;
mod journal;
mod landing;
mod legal;
mod templates;
mod voice;

use banyan_http::{Check, ETag};
use banyan_kernel::{Timestamp, Uuid};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

pub(crate) use journal::JournalEntry;

/// The longest entry, in characters.
const LONGEST_ENTRY: usize = 50_000;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(landing::get_landing))
        .routes(routes!(feed::get_feed))
        .routes(routes!(templates::list_templates))
        .merge(journal::routes())
        .merge(voice::routes())
        .merge(legal::routes())
        .merge(admin::routes())
        .merge(grants::routes())
}

/// The tag of a row. The version stands where others put a time: it also tells two changes in one microsecond apart.
fn tag(id: Uuid, version: i64) -> ETag {
    ETag::of_version(id, Timestamp::from_micros(version))
}

fn moment(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn check_mood(check: &mut Check, mood: Option<i64>) {
    check.range("mood", mood, 1, 10);
}
