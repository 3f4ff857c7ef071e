//! Content: an application's landing page and templates, a person's feed, and journals that are hers alone.

mod api;
mod demo;
pub mod entity;
mod error;
mod feed;
mod legal;
mod library;
mod own_texts;
mod schema;
mod store;

use std::sync::Arc;

use banyan_http::kept::Own;
use banyan_http::{Host, Paged, Service, Tenant};
use banyan_locale::{Catalogues, Locale};
use banyan_store::Store;

pub use demo::{DemoError, seed_demo};
pub use error::ContentError;
pub use library::check_applications;
pub use schema::{JOURNALS, SERVICE, schema};
pub use store::journals::purge;

use library::Libraries;

impl App {
    /// One of the languages that the application offers, by its tag.
    pub(crate) fn offered(&self, tenant: &Tenant, tag: &str) -> Option<Locale> {
        let all = self.catalogues.locales_of(Some(tenant.application.name()), Some(tenant.id));
        all.iter().find(|locale| locale.tag() == tag)
    }
}

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Store,
    /// Pages of people's own journals.
    pub(crate) journals: Own<Paged<api::JournalEntry>>,
    pub(crate) catalogues: Arc<Catalogues>,
    pub(crate) libraries: Libraries,
    pub(crate) shelves: legal::Shelves,
}

/// The service as one value.
pub fn service() -> Service {
    Service::new(SERVICE, schema())
        .messages("en-US", "content.ftl", include_str!("../locales/en-US/content.ftl"))
        .messages("id-ID", "content.ftl", include_str!("../locales/id-ID/content.ftl"))
        .messages("ar", "content.ftl", include_str!("../locales/ar/content.ftl"))
        .messages("en-US", "legal.ftl", include_str!("../locales/en-US/legal.ftl"))
        .messages("id-ID", "legal.ftl", include_str!("../locales/id-ID/legal.ftl"))
        .erases(|tx, user| async move {
            store::journals::erase(&tx, user).await?;
            store::acceptances::erase(&tx, user).await
        })
        .welcomes(
            |tx, user, thing| async move { store::journals::give(&tx, user, thing).await },
            |tx, user, id| async move { store::journals::take_back(&tx, user, id).await },
        )
        .keeps_answers()
        .routes(api::routes, |host: &Host| App {
            store: host.store.clone(),
            // The version grows with the answer's type.
            journals: Own::of(host, "content.journal", 1),
            catalogues: host.catalogues.clone(),
            libraries: Libraries::new(&host.applications),
            shelves: legal::Shelves::new(&host.applications),
        })
}
