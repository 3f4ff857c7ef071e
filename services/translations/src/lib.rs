//! Translations: every text of the program and its applications, and the way of a text from draft to publication.
//!
//! The files of the repository say what messages there are and what they say at first. What is published here stands above them, in every
//! process within a second, for all tenants where operators publish, else for one tenant. See `docs/translations.md`.

mod api;
mod entity;
mod error;
mod exchange;
mod follow;
mod format;
mod glossary;
mod likeness;
mod machine;
mod place;
mod schema;
mod store;
mod work;

use std::sync::Arc;

use axum::extract::FromRef;
use banyan_http::{Host, Service};
use banyan_kernel::application::Applications;
use banyan_locale::Catalogues;
use banyan_store::Store;
use format::Formatting;

pub use banyan_http::kept::lasting::purge;
pub use error::TranslationsError;
pub use exchange::{Exchange, ExchangeFault, Format, Unit, UnitState};
pub use follow::Follower;
pub use schema::{SERVICE, schema};

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) catalogues: Arc<Catalogues>,
    pub(crate) applications: Arc<Applications>,
    pub(crate) machine: Option<machine::Machine>,
    pub(crate) house_words: glossary::HouseWords,
    formatting: Formatting,
}

/// The service as one value.
pub fn service() -> Service {
    Service::new(SERVICE, schema())
        .messages("en-US", "translations.ftl", include_str!("../locales/en-US/translations.ftl"))
        .messages("id-ID", "translations.ftl", include_str!("../locales/id-ID/translations.ftl"))
        .messages("en-US", "format.ftl", include_str!("../locales/en-US/format.ftl"))
        .messages("id-ID", "format.ftl", include_str!("../locales/id-ID/format.ftl"))
        .messages("ar", "format.ftl", include_str!("../locales/ar/format.ftl"))
        .routes(|| api::routes().merge(format::routes()), App::of)
}

impl App {
    fn of(host: &Host) -> Self {
        Self {
            store: host.store.clone(),
            catalogues: host.catalogues.clone(),
            applications: host.applications.clone(),
            machine: machine::Machine::of(host),
            house_words: glossary::HouseWords::carried(),
            formatting: Formatting::of(host),
        }
    }
}

impl FromRef<App> for Formatting {
    fn from_ref(app: &App) -> Self {
        app.formatting.clone()
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("store", &self.store).finish_non_exhaustive()
    }
}
