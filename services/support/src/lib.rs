//! Support: what people ask of those who run an application, and the answers they get.
//!
//! A ticket is a conversation between a person and those who answer, with a time in which it is dealt with. What people ask about their
//! personal data (UU No. 27 Tahun 2022) has the law's time, 3 × 24 hours. See `docs/support.md`.

mod answers;
mod api;
mod demo;
mod entity;
mod error;
mod jobs;
mod model;
mod people;
mod schema;
mod store;
mod terms;

use std::sync::Arc;

use banyan_http::{Host, Service, Tenant};
use banyan_kernel::Random;
use banyan_locale::{Catalogues, Locale};
use banyan_mesh::Mesh;
use banyan_store::Store;

pub use demo::{DemoError, seed_demo};
pub use error::SupportError;
pub use schema::{SERVICE, schema};
pub use store::upkeep::purge;

/// What the handlers and jobs share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) catalogues: Arc<Catalogues>,
    pub(crate) mesh: Mesh,
    pub(crate) random: Arc<dyn Random>,
}

/// The service as one value.
pub fn service() -> Service {
    Service::new(SERVICE, schema())
        .messages("en-US", "support.ftl", include_str!("../locales/en-US/support.ftl"))
        .messages("id-ID", "support.ftl", include_str!("../locales/id-ID/support.ftl"))
        .messages("en-US", "answers.ftl", include_str!("../locales/en-US/answers.ftl"))
        .messages("id-ID", "answers.ftl", include_str!("../locales/id-ID/answers.ftl"))
        .erases(|tx, user| async move { store::upkeep::erase(&tx, user).await })
        .jobs(|host| jobs::all(&App::of(host)))
        .routes(api::routes, App::of)
}

impl App {
    fn of(host: &Host) -> Self {
        Self {
            store: host.store.clone(),
            catalogues: host.catalogues.clone(),
            mesh: host.mesh.clone(),
            random: host.random.clone(),
        }
    }

    /// One of the languages that the application offers, by its tag.
    pub(crate) fn offered(&self, tenant: &Tenant, tag: &str) -> Option<Locale> {
        let all = self.catalogues.locales_of(Some(tenant.application.name()), Some(tenant.id));
        all.iter().find(|locale| locale.tag() == tag)
    }

    /// The locale of an application's catalogues that a tag names, or else American English.
    pub(crate) fn locale(&self, tenant: &Tenant, tag: &str) -> Locale {
        self.catalogues.locales_of(Some(tenant.application.name()), Some(tenant.id)).lookup(tag).unwrap_or_default()
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("store", &self.store).finish_non_exhaustive()
    }
}
