//! Goals, tasks and habits: what a person wants to reach, what is to be done for it, and what she does again and again.

mod api;
mod demo;
pub mod entity;
mod error;
pub mod habit;
mod schema;
mod store;

use std::time::Duration;

use banyan_cache::{Options, Region};
use banyan_http::{Host, Service};
use banyan_store::Store;

pub use demo::{DemoError, seed_demo};
pub use error::GoalsError;
pub use schema::{GOALS, HABITS, SERVICE, schema};
pub use store::purge::purge;

/// What the handlers share.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    /// Pages of people's own goals; none where the process keeps nothing.
    pub(crate) pages: Option<Region<api::GoalPage>>,
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
        .routes(api::routes, |host: &Host| App { store: host.store.clone(), pages: pages(host) })
}

fn pages(host: &Host) -> Option<Region<api::GoalPage>> {
    let options = Options::fresh_for(Duration::from_secs(600));
    // The version grows with the answer's type.
    host.cache().map(|cache| cache.region("goals.page", 1, options))
}
