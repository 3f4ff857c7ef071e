//! Putting a door together.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use banyan_features::LocalFlags;
use banyan_http::render_problems;
use banyan_http::version::Versions;
use banyan_http_cache::Cache;
use banyan_images::Images;
use banyan_kernel::{Clock, Ids, SystemClock};
use banyan_locale::Catalogues;
use banyan_mesh::Mesh;
use banyan_telemetry::metrics::SlowStatements;
use banyan_telemetry::{BuildInfo, HealthRegistry, Metrics};
use parking_lot::Mutex;

use crate::answer::cors::Cors;
use crate::answer::security::SecurityHeaders;
use crate::limits::Limiter;
use crate::random::BufferedRandom;
use crate::request::credential::{Authenticate, Credentials, NoCredentials};
use crate::request::tenant::Tenants;
use crate::routes::meters::Reloads;
use crate::routes::outbound::Outbound;
use crate::routes::{Parts, RouteFile, Routes, images_of};
use crate::settings::{EdgeSettings, SettingsError};
use crate::split::cookie::CookieKey;
use crate::split::observe::Observed;
use crate::usage::UsageBook;
use crate::{Edge, Inner, Sources};

/// See [`Edge::builder`].
#[must_use]
pub struct Builder {
    mesh: Mesh,
    tenants: Arc<dyn Tenants>,
    catalogues: Arc<Catalogues>,
    authenticate: Arc<dyn Authenticate>,
    health: Option<HealthRegistry>,
    metrics: Option<Metrics>,
    clock: Arc<dyn Clock>,
    versions: Versions,
    routes: RouteFile,
    outbound: Outbound,
    limiter: Option<Limiter>,
    usage: UsageBook,
    flags: Option<LocalFlags>,
    cache: Option<Cache>,
    images: Option<Images>,
    settings: EdgeSettings,
}

impl Builder {
    pub(crate) fn new(mesh: Mesh, tenants: Arc<dyn Tenants>, catalogues: Arc<Catalogues>) -> Self {
        Self {
            mesh,
            tenants,
            catalogues,
            authenticate: Arc::new(NoCredentials),
            health: None,
            metrics: None,
            clock: Arc::new(SystemClock),
            versions: Versions::default(),
            routes: RouteFile::default(),
            outbound: Outbound::default(),
            limiter: None,
            usage: UsageBook::default(),
            flags: None,
            cache: None,
            images: None,
            settings: EdgeSettings::default(),
        }
    }

    /// Who verifies credentials. Without it nobody can sign in.
    pub fn authenticate(mut self, authenticate: Arc<dyn Authenticate>) -> Self {
        self.authenticate = authenticate;
        self
    }

    /// The checks behind `/health` and `/readyz`. Without it there are none but the mesh's services.
    pub fn health(mut self, health: HealthRegistry) -> Self {
        self.health = Some(health);
        self
    }

    /// Where requests are counted. Without it they are counted for this door alone.
    pub fn metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = Some(metrics);
        self
    }

    /// The time for limits, tokens and identifiers. Default: the machine's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Default: version 1 alone.
    pub fn versions(mut self, versions: Versions) -> Self {
        self.versions = versions;
        self
    }

    /// Routes and upstreams of the configuration. Without it the services of the mesh alone are reached.
    pub fn routes(mut self, routes: RouteFile) -> Self {
        self.routes = routes;
        self
    }

    /// What upstreams are reached with.
    pub fn outbound(mut self, outbound: Outbound) -> Self {
        self.outbound = outbound;
        self
    }

    /// What counts requests. Without it one is made of the settings, for this door alone.
    pub fn limiter(mut self, limiter: Limiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// Where usage is counted, for somebody to take it away. Without it nobody does.
    pub fn usage(mut self, usage: UsageBook) -> Self {
        self.usage = usage;
        self
    }

    /// What variants of splits ask that name a flag. Without it all flags are off.
    pub fn flags(mut self, flags: LocalFlags) -> Self {
        self.flags = Some(flags);
        self
    }

    /// Where routes with `cache` keep their answers. Default: 64 MiB in memory.
    pub fn cache(mut self, cache: Cache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// What makes images at `/images`. Without it there is no such page.
    pub fn images(mut self, images: Images) -> Self {
        self.images = Some(images);
        self
    }

    pub fn settings(mut self, settings: EdgeSettings) -> Self {
        self.settings = settings;
        self
    }

    /// # Errors
    /// The first setting that cannot be meant.
    pub fn build(self) -> Result<Edge, SettingsError> {
        self.settings.check()?;
        let build = BuildInfo::new(env!("CARGO_PKG_VERSION"));
        let slow = || SlowStatements::after(SlowStatements::DEFAULT_THRESHOLD, self.clock.clone());
        let metrics = self.metrics.unwrap_or_else(|| Metrics::new(&build, &self.clock, slow()));
        let health = self.health.unwrap_or_else(|| HealthRegistry::new(build, self.clock.clone()));
        self.outbound.declare(&self.routes, &self.mesh, &self.clock);
        let version = self.versions.current;
        let cookies = CookieKey::of(self.outbound.secret.as_ref(), &BufferedRandom);
        let base = Arc::new(self.routes);
        let images = images_of(self.images.as_ref());
        let parts = Parts { mesh: &self.mesh, metrics: metrics.http(), file: base.clone(), version, cookies: &cookies, images };
        let routes = Routes::compile(&parts, None);
        let limiter = self.limiter.unwrap_or_else(|| Limiter::new(self.settings.rate_limits.clone(), self.clock.clone()));
        limiter.register(&metrics);
        let cache = self.cache.unwrap_or_else(|| Cache::new(Cache::BYTES, self.clock.clone()));
        cache.show(&metrics);
        let inner = Arc::new(Inner {
            keeps: AtomicBool::new(routes.keep_answers()),
            routes: ArcSwap::from_pointee(routes),
            compiling: Mutex::new(Sources { base, overlay: Arc::default(), stored: Arc::default(), refusals: Arc::new([]) }),
            cookies,
            observed: Observed::default(),
            reloads: Reloads::register(&metrics),
            outbound: self.outbound,
            own: OnceLock::new(),
            mesh: self.mesh,
            tenants: self.tenants,
            credentials: Credentials::new(self.authenticate, self.clock.clone()),
            problems: render_problems(self.catalogues.clone()),
            catalogues: self.catalogues,
            health,
            metrics,
            ids: Ids::new(self.clock.clone(), Arc::new(BufferedRandom)),
            versions: self.versions,
            clock: self.clock,
            limiter,
            usage: self.usage,
            flags: self.flags,
            security: SecurityHeaders::new(&self.settings),
            cors: Cors::new(&self.settings.cors_origins),
            in_flight: AtomicUsize::new(0),
            addresses: Arc::default(),
            cache,
            images: self.images,
            settings: self.settings,
        });
        let _first = inner.own.set(Arc::downgrade(&inner));
        Ok(Edge(inner))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("mesh", &self.mesh).finish_non_exhaustive()
    }
}
