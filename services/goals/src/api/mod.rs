//! The routes. One file a call: its types, its documentation, its handler.

mod audit;
mod checks;
mod goals;
mod grants;
mod habits;
mod tasks;

use banyan_http::ETag;
use banyan_kernel::{Timestamp, Uuid};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

pub(crate) use goals::Goal;
pub(crate) use goals::NewMilestone;
pub(crate) use goals::create::NewGoal;
pub(crate) use habits::Habit;
pub(crate) use habits::create::NewHabit;
pub(crate) use tasks::Task;
pub(crate) use tasks::create::NewTask;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(goals::routes())
        .merge(tasks::routes())
        .merge(habits::routes())
        .merge(grants::routes())
        .routes(routes!(audit::list_goals_audit))
}

/// The tag of a row. The version stands where others put a time: it also tells two changes in one microsecond apart.
fn tag(id: Uuid, version: i64) -> ETag {
    ETag::of_version(id, Timestamp::from_micros(version))
}

fn moment(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}
