//! Goals, tasks and habits: what a person wants to reach, what is to be done for it, and what she does again and again.

mod api;
mod demo;
pub mod entity;
mod error;
pub mod habit;
mod schema;
mod store;

use banyan_http::kept::Own;
use banyan_http::{Host, Paged, Service};
use banyan_store::Store;

pub use demo::{DemoError, seed_demo};
pub use error::GoalsError;
pub use schema::{GOALS, HABITS, SERVICE, schema};
pub use store::purge::purge;

/// What the handlers share.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) lists: Lists,
}

/// The service as one value.
pub fn service() -> Service {
    Service::new(SERVICE, schema())
        .messages("en-US", "goals.ftl", include_str!("../locales/en-US/goals.ftl"))
        .messages("id-ID", "goals.ftl", include_str!("../locales/id-ID/goals.ftl"))
        .erases(|tx, user| async move { store::purge::erase(&tx, user).await })
        .welcomes(
            |tx, user, thing| async move { store::goals::give(&tx, user, thing).await },
            |tx, user, id| async move { store::goals::take_back(&tx, user, id).await },
        )
        .keeps_answers()
        .routes(api::routes, |host: &Host| App { store: host.store.clone(), lists: Lists::of(host) })
}

/// Pages of people's own rows.
#[derive(Clone, Debug)]
pub(crate) struct Lists {
    pub(crate) goals: Own<Paged<api::Goal>>,
    pub(crate) habits: Own<Paged<api::Habit>>,
    pub(crate) tasks: Own<Paged<api::Task>>,
}

impl Lists {
    /// A version grows with the answer's type.
    fn of(host: &Host) -> Self {
        Self {
            goals: Own::of(host, "goals.page", 1),
            habits: Own::of(host, "goals.habits", 1),
            tasks: Own::of(host, "goals.tasks", 1),
        }
    }
}
