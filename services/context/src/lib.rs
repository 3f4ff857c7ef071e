//! The collaborative context engine: sessions in which people and programs keep what they know together, in step and in real time, and what
//! the engine makes of it. See `docs/context.md`.

mod api;
mod demo;
pub mod engine;
mod entity;
mod error;
mod jobs;
mod model;
mod schema;
mod store;
mod words;

use std::sync::Arc;

use banyan_http::{Host, Service};
use banyan_locale::Catalogues;
use banyan_store::Store;

pub use demo::{DemoError, seed_demo};
pub use error::ContextError;
pub use schema::{SERVICE, schema};
pub use store::upkeep::purge;

/// What the handlers and jobs share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) catalogues: Arc<Catalogues>,
}

/// The service as one value.
pub fn service() -> Service {
    Service::new(SERVICE, schema())
        .messages("en-US", "context.ftl", include_str!("../locales/en-US/context.ftl"))
        .messages("id-ID", "context.ftl", include_str!("../locales/id-ID/context.ftl"))
        .erases(|tx, user| async move { store::upkeep::erase(&tx, user).await })
        .jobs(|_| jobs::all(&Arc::new(engine::Engine::basic())))
        .routes(api::routes, App::of)
}

impl App {
    fn of(host: &Host) -> Self {
        Self { store: host.store.clone(), catalogues: host.catalogues.clone() }
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("store", &self.store).finish_non_exhaustive()
    }
}
