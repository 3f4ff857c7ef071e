//! A service as one value, and what the server hands to it.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use banyan_contracts::identity::FirstThing;
use banyan_events::jobs::Jobs;
use banyan_events::log::NoSource;
use banyan_events::{Consumer, Consumers};
use banyan_features::LocalFlags;
use banyan_kernel::application::Applications;
use banyan_kernel::{Clock, Ids, Random, Uuid};
use banyan_locale::{Builder, Catalogues, Layer};
use banyan_mesh::Mesh;
use banyan_store::log::Log;
use banyan_store::migrate::Schema;
use banyan_store::personal::Personal;
use banyan_store::{Store, StoreError, Tx};
use serde::de::DeserializeOwned;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::background::Desk;
use crate::openapi::{Operation, operations};
use crate::render_problems;

/// What a service needs of the process that runs it.
#[derive(Clone)]
pub struct Host {
    /// The service's own database.
    pub store: Store,
    pub catalogues: Arc<Catalogues>,
    pub applications: Arc<Applications>,
    /// The service's part of the configuration, an object; see [`Host::settings`].
    pub settings: serde_json::Value,
    /// Other services, by name.
    pub mesh: Mesh,
    pub clock: Arc<dyn Clock>,
    pub ids: Ids,
    pub random: Arc<dyn Random>,
    /// Whatever else the server has for this service, by type: a mail sink, a pool for hashing.
    pub resources: http::Extensions,
}

/// The service's part of the configuration does not fit.
#[derive(Debug, thiserror::Error)]
#[error("settings of the service, at `{path}`: {reason}")]
pub struct SettingsError {
    pub path: String,
    pub reason: String,
}

impl Host {
    /// The service's settings as its own type; what is left out has the type's defaults.
    ///
    /// # Errors
    /// The key that does not fit, and why.
    pub fn settings<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        let nothing = serde_json::Value::Object(serde_json::Map::new());
        let settings = if self.settings.is_null() { &nothing } else { &self.settings };
        serde_path_to_error::deserialize(settings)
            .map_err(|error| SettingsError { path: error.path().to_string(), reason: error.inner().to_string() })
    }

    /// Something that the server has put in for this service.
    pub fn resource<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        self.resources.get::<T>().cloned()
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("service", &self.store.service()).finish_non_exhaustive()
    }
}

/// A catalogue file of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageFile {
    /// BCP 47.
    pub locale: &'static str,
    /// For messages about mistakes in it.
    pub file: &'static str,
    pub text: &'static str,
}

type MakeRouter = dyn Fn(&Host) -> Router + Send + Sync;
type MakeJobs = dyn Fn(&Host) -> Jobs + Send + Sync;
type MakeConsumers = dyn Fn(&Host) -> Vec<Consumer> + Send + Sync;

/// A service: name, tables, messages, routes, consumers. Its crate builds it, the server runs it.
#[derive(Clone)]
pub struct Service {
    pub name: &'static str,
    pub schema: Schema,
    pub messages: Vec<MessageFile>,
    openapi: OpenApi,
    router: Option<Arc<MakeRouter>>,
    consumers: Option<Arc<MakeConsumers>>,
    jobs: Option<Arc<MakeJobs>>,
    erase: Option<Arc<crate::people::Erase>>,
    first_things: Option<crate::people::FirstThings>,
    keeps: bool,
}

impl Service {
    pub fn new(name: &'static str, schema: Schema) -> Self {
        let schema = banyan_events::parts().into_iter().fold(schema, Schema::part);
        Self {
            name,
            schema,
            messages: Vec::new(),
            openapi: OpenApiRouter::<()>::default().into_openapi(),
            router: None,
            consumers: None,
            jobs: None,
            erase: None,
            first_things: None,
            keeps: false,
        }
    }

    /// A catalogue in Fluent, seen by all tenants; an application may override single messages.
    #[must_use]
    pub fn messages(mut self, locale: &'static str, file: &'static str, text: &'static str) -> Self {
        self.messages.push(MessageFile { locale, file, text });
        self
    }

    /// The routes, collected with `utoipa_axum::routes!` under their full public paths (`/api/v1/goals`), and their state.
    ///
    /// They come apart, so that the documentation can be had without a database.
    #[must_use]
    pub fn routes<S, R, M>(mut self, routes: R, state: M) -> Self
    where
        S: Clone + Send + Sync + 'static,
        R: FnOnce() -> OpenApiRouter<S>,
        M: Fn(&Host) -> S + Send + Sync + 'static,
        Router<S>: Sync,
    {
        let (router, openapi) = routes().split_for_parts();
        self.openapi = openapi;
        self.router = Some(Arc::new(move |host| router.clone().with_state(state(host))));
        self
    }

    /// Handlers of events, of this service or others.
    #[must_use]
    pub fn consumers(mut self, consumers: impl Fn(&Host) -> Vec<Consumer> + Send + Sync + 'static) -> Self {
        self.consumers = Some(Arc::new(consumers));
        self
    }

    /// Jobs with their handlers, queues, schedules and sagas.
    #[must_use]
    pub fn jobs(mut self, jobs: impl Fn(&Host) -> Jobs + Send + Sync + 'static) -> Self {
        self.jobs = Some(Arc::new(jobs));
        self
    }

    /// It keeps answers of [`crate::kept::Own`] in the process's cache, which end with its commits.
    #[must_use]
    pub fn keeps_answers(mut self) -> Self {
        self.keeps = true;
        self
    }

    /// Whether each process that writes its rows must end what is kept: [`crate::kept::end_by_commits`].
    pub fn keeps(&self) -> bool {
        self.keeps
    }

    /// Whether it was told how to erase what is a person's.
    pub fn can_erase(&self) -> bool {
        self.erase.is_some()
    }

    /// The tables that hold rows of people, as those people see them.
    pub fn personal(&self) -> Vec<Personal> {
        self.schema.personal()
    }

    /// How the service erases all that is a person's, when the account goes. It must succeed where there is nothing.
    #[must_use]
    pub fn erases<F, Fut>(mut self, erase: F) -> Self
    where
        F: Fn(Tx, Uuid) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        self.erase = Some(Arc::new(move |tx, user| Box::pin(erase(tx, user))));
        self
    }

    /// How the service gives a newcomer something of their own, and how it takes back what they have not made their own. Both act as that
    /// person, and succeed where it was done before.
    #[must_use]
    pub fn welcomes<G, GaveFut, T, TookFut>(mut self, give: G, take: T) -> Self
    where
        G: Fn(Tx, Uuid, FirstThing) -> GaveFut + Send + Sync + 'static,
        GaveFut: Future<Output = Result<(), StoreError>> + Send + 'static,
        T: Fn(Tx, Uuid, Uuid) -> TookFut + Send + Sync + 'static,
        TookFut: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let give: Arc<crate::people::Give> = Arc::new(move |tx, user, thing| Box::pin(give(tx, user, thing)));
        let take: Arc<crate::people::Take> = Arc::new(move |tx, user, id| Box::pin(take(tx, user, id)));
        self.first_things = Some(crate::people::FirstThings { give, take });
        self
    }

    /// The documentation of the routes as the handlers give it; [`crate::openapi::merge`] completes it.
    pub fn openapi(&self) -> &OpenApi {
        &self.openapi
    }

    /// Every call, in order of path and method.
    pub fn operations(&self) -> Vec<Operation> {
        operations(&self.openapi)
    }

    /// The service's path patterns, for the mesh: those of its own calls, and those of [`crate::background`].
    pub fn paths(&self) -> Vec<String> {
        self.openapi.paths.paths.keys().cloned().chain(crate::background::paths(self.name)).collect()
    }

    /// The router, with problems rendered. [`Consumers`] among the host's resources are shown by it; [`LocalFlags`] among them are what handlers see as [`crate::Flags`]. It expects a `Caller`, a `Negotiated` locale, a [`crate::Tenant`] and a `RequestId` in the
    /// request's extensions.
    pub fn router(&self, host: &Host) -> Router {
        if let Some(cache) = host.cache().filter(|_| self.keeps) {
            crate::kept::end_by_commits(&host.store, &cache);
        }
        let mut router = self.router.as_ref().map_or_else(Router::new, |make| make(host));
        if let Some(erase) = &self.erase {
            router = router.merge(crate::people::router(host.store.clone(), erase.clone()));
        }
        let personal = self.personal();
        if !personal.is_empty() {
            router = router.merge(crate::people::copies(host.store.clone(), personal));
        }
        if let Some(things) = &self.first_things {
            router = router.merge(crate::people::first_things(host.store.clone(), things.clone()));
        }
        let (store, consumers) = (host.store.clone(), host.resource::<Consumers>());
        router = router.merge(crate::background::router(Desk { store, consumers, jobs: Arc::new(self.jobs_of(host)) }));
        if let Some(flags) = host.resource::<LocalFlags>() {
            // For handlers that ask for `Flags`.
            router = router.layer(axum::Extension(flags));
        }
        router.layer(render_problems(Arc::clone(&host.catalogues)))
    }

    pub fn consumers_of(&self, host: &Host) -> Vec<Consumer> {
        self.consumers.as_ref().map_or_else(Vec::new, |make| make(host))
    }

    /// The services whose events it wants.
    pub fn sources_of(&self, host: &Host) -> Vec<&'static str> {
        let mut sources: Vec<_> = self.consumers_of(host).iter().flat_map(Consumer::sources).collect();
        sources.sort_unstable();
        sources.dedup();
        sources
    }

    /// What the service does beside requests; nothing where it declares none.
    pub fn jobs_of(&self, host: &Host) -> Jobs {
        self.jobs.as_ref().map_or_else(Jobs::new, |make| make(host))
    }

    /// What runs its consumers, reading `logs`.
    ///
    /// # Errors
    /// When the log of a service whose events are wanted is not among them.
    pub fn run_consumers(&self, host: &Host, logs: &[Log]) -> Result<Consumers, NoSource> {
        Consumers::new(&host.store, self.consumers_of(host), logs)
    }

    /// Adds the service's catalogues.
    pub fn add_messages(&self, builder: Builder) -> Builder {
        self.messages.iter().fold(builder, |builder, message| {
            builder.add(Layer::Service, message.locale, format!("{}/{}", self.name, message.file), message.text)
        })
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("name", &self.name).field("paths", &self.paths()).finish_non_exhaustive()
    }
}
