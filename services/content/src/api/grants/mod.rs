//! Letting somebody else read one's journals, and taking it back.

mod give;
mod list;
mod take_back;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::schema::JOURNALS;

/// What can be granted here: journals, written and spoken.
const KINDS: &[&str] = &[JOURNALS];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list_grants, give::give_grant, take_back::take_back_grant))
}
