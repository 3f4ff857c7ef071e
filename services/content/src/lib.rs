//! Content: an application's landing page and templates, a person's feed, and journals that are hers alone.

mod api;
mod demo;
pub mod entity;
mod error;
mod feed;
mod library;
mod schema;
mod store;

use std::sync::Arc;

use banyan_http::{Host, Service};
use banyan_locale::Catalogues;
use banyan_store::Store;

pub use demo::{DemoError, seed_demo};
pub use error::ContentError;
pub use library::check_applications;
pub use schema::{JOURNALS, SERVICE, schema};
pub use store::journals::purge;

use library::Libraries;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) catalogues: Arc<Catalogues>,
    pub(crate) libraries: Libraries,
}

/// The service as one value.
pub fn service() -> Service {
    Service::new(SERVICE, schema())
        .messages("en-US", "content.ftl", include_str!("../locales/en-US/content.ftl"))
        .messages("id-ID", "content.ftl", include_str!("../locales/id-ID/content.ftl"))
        .erases(|tx, user| async move { store::journals::erase(&tx, user).await })
        .welcomes(
            |tx, user, thing| async move { store::journals::give(&tx, user, thing).await },
            |tx, user, id| async move { store::journals::take_back(&tx, user, id).await },
        )
        .routes(api::routes, |host: &Host| App {
            store: host.store.clone(),
            catalogues: host.catalogues.clone(),
            libraries: Libraries::new(&host.applications),
        })
}
