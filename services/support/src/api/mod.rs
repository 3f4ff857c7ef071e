//! The routes. One file a call: its types, its documentation, its handler.

mod admin;
mod categories;
mod tickets;

use banyan_http::{Check, ETag};
use banyan_kernel::{Random, Timestamp, Uuid};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::entity::message::Attachment;

const LONGEST_TEXT: usize = 20_000;
const MOST_ATTACHMENTS: usize = 5;
/// No `I`, `L`, `O` and `U`: people read it to one another by telephone (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(categories::list_support_categories)).merge(tickets::routes()).merge(admin::routes())
}

/// The tag of a row. The version stands where others put a time: it also tells two changes in one microsecond apart.
fn tag(id: Uuid, version: i64) -> ETag {
    ETag::of_version(id, Timestamp::from_micros(version))
}

fn moment(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

/// What people call a ticket: `BX7K-3M9Q`.
fn reference(random: &dyn Random) -> String {
    let mut bytes = [0_u8; 8];
    random.fill(&mut bytes);
    let letters: String = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect();
    format!("{}-{}", &letters[..4], &letters[4..])
}

fn check_attachments(check: &mut Check, attachments: &[Attachment]) {
    check.count("attachments", attachments, 0, MOST_ATTACHMENTS);
    check.each("attachments", attachments, |check, attachment| {
        check.line("name", &attachment.name).not_blank().length(1, 100).any();
        check.text("text", &attachment.text).not_blank().length(1, LONGEST_TEXT).any();
    });
}
