//! Values as a language writes them, for clients that want the server's answer, and the languages that there are.

mod endpoint;
mod item;
mod locales;
mod write;

use std::sync::Arc;

use axum::extract::FromRef;
use banyan_http::{Host, Problem, Tenant};
use banyan_kernel::Clock;
use banyan_locale::{Catalogues, Locale, Locales};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Formatting {
    catalogues: Arc<Catalogues>,
    clock: Arc<dyn Clock>,
}

impl Formatting {
    pub(crate) fn of(host: &Host) -> Self {
        Self { catalogues: host.catalogues.clone(), clock: host.clock.clone() }
    }

    /// What the tenant's people may choose from.
    fn offered(&self, tenant: &Tenant) -> Result<Locales, Problem> {
        let application = &tenant.application;
        let manifest = application.manifest().offered_locales();
        let offered = self.catalogues.offered(application.name(), manifest).map_err(|error| Problem::internal(&error))?;
        Ok(self.catalogues.with_published(&offered, application.name(), tenant.id))
    }

    /// The tenant's own language.
    fn home(&self, tenant: &Tenant) -> Locale {
        let application = &tenant.application;
        self.catalogues.locales(Some(application.name())).lookup(&application.manifest().default_locale).unwrap_or_default()
    }
}

/// The routes, for any state of which [`Formatting`] is a part.
pub(crate) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Formatting: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(locales::list_locales)).routes(routes!(endpoint::format_values))
}
