//! Letting somebody else read one's goals or habits, and taking it back.

mod give;
mod list;
mod take_back;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::schema::{GOALS, HABITS};

/// What can be granted here: goals with their tasks, habits with their check-ins.
const KINDS: &[&str] = &[GOALS, HABITS];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list_grants, give::give_grant, take_back::take_back_grant))
}
