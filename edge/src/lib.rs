//! The front door: everything that is decided once for every request, before and after a service answers it.
//!
//! [`Edge::serve`] listens; [`Edge::handle`] answers one request without a socket, by the same way. The order of what
//! happens to a request stands in `visit.rs`, top down: its shape, its route, its tenant, its limits, who asks,
//! in which language; then the service, through the mesh; then the fields that every answer carries.

mod answer;
mod builder;
mod fields;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod limits;
mod listen;
mod operations;
mod pages;
mod policies;
mod random;
mod request;
mod routes;
mod settings;
mod split;
mod text;
mod upgrade;
mod usage;
mod visit;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use arc_swap::ArcSwap;
use axum::BoxError;
use axum::response::Response;
use banyan_features::LocalFlags;
use banyan_http::problem::RenderProblems;
use banyan_http::version::Versions;
use banyan_kernel::{Clock, Ids};
use banyan_locale::Catalogues;
use banyan_mesh::Mesh;
use banyan_telemetry::{HealthRegistry, Metrics};
use bytes::Bytes;
use http::Request;
use http_body::Body as HttpBody;
use parking_lot::Mutex;

use answer::cors::Cors;
use answer::security::SecurityHeaders;
use listen::Addresses;
use request::credential::Credentials;
use routes::meters::Reloads;
use routes::stored::{Candidate, Judge, Laid};
use routes::{Declared, Routes};
use split::cookie::CookieKey;
use split::observe::Observed;

pub use banyan_http_cache::{Cache, InvalidTag, Purge, StatsReport, Tag};
pub use banyan_images::{AllowedHost, Avif, DirectFetch, ImageSettings, Images, InvalidFolder, InvalidHost, OwnFolder, Reach};
pub use builder::Builder;
pub use limits::{
    ClassRules, LimitPolicy, Limiter, Quota, QuotaError, RateLimits, RedisError, RedisOptions, TenantRules, WhenApart,
};
pub use listen::{Drained, Listen, ListenTls, Running, ServeError, Sockets, Stopper};
pub use request::credential::NoCredentials;
pub use request::{Authenticate, Credential, Network, NetworkError, Peer, TenantDirectory, TenantEntry, Tenants, Transport};
pub use routes::outbound::Outbound;
pub use routes::{
    BuiltIn, Considered, DIAGNOSES, Diagnosis, EntryKind, Explanation, Fault, HouseRoute, ImagePage, Known, Question,
    ROUTE_SECTIONS, Refusal, RouteFile, RouteLine, StoredEntry, explain,
};
pub use settings::{AccessLog, Deadlines, Drain, EdgeSettings, Limits, Plain, ProxyProtocol, SettingsError, TransportSecurity};
pub use split::{FieldReport, ObservedRoute, RollBack, Seen, ShadowReport, SideReport, SplitReport, SplitSums, Values, WorseBy};
pub use usage::UsageBook;

/// The door's own messages: `(tag, file, text)` for a catalogue builder, in `Layer::Service`.
pub const MESSAGES: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// The front door. Cheap to clone.
#[derive(Clone)]
pub struct Edge(Arc<Inner>);

struct Inner {
    mesh: Mesh,
    routes: ArcSwap<Routes>,
    compiling: Mutex<Sources>,
    cookies: CookieKey,
    observed: Observed,
    reloads: Reloads,
    outbound: Outbound,
    /// For what goes on after a reload.
    own: OnceLock<Weak<Inner>>,
    tenants: Arc<dyn Tenants>,
    credentials: Credentials,
    catalogues: Arc<Catalogues>,
    problems: RenderProblems,
    health: HealthRegistry,
    metrics: Metrics,
    ids: Ids,
    clock: Arc<dyn Clock>,
    versions: Versions,
    limiter: Limiter,
    usage: UsageBook,
    /// What splits ask.
    flags: Option<LocalFlags>,
    security: SecurityHeaders,
    cors: Cors,
    in_flight: AtomicUsize,
    /// Connections by address, of all listeners.
    addresses: Arc<Addresses>,
    cache: Cache,
    images: Option<Images>,
    /// Whether a route keeps its answers, or ever did: what is stored may come back with its route.
    keeps: AtomicBool,
    settings: EdgeSettings,
}

/// What routes are compiled from.
#[derive(Debug)]
struct Sources {
    /// The operator's file.
    base: Arc<RouteFile>,
    /// What the control plane adds to it for features that move.
    overlay: Arc<RouteFile>,
    /// What was stored over the API.
    stored: Arc<Stored>,
    /// What of it was left out.
    refusals: Arc<[Refusal]>,
}

/// Entries as they were read, and what they may name.
#[derive(Debug, Default)]
struct Stored {
    candidates: Vec<Candidate>,
    known: Known,
}

impl Stored {
    fn read(entries: &[StoredEntry], known: &Known) -> Self {
        Self { candidates: entries.iter().map(StoredEntry::read).collect(), known: known.clone() }
    }
}

impl Edge {
    /// Begins a door to the services of the mesh. Register them first, or call [`Edge::reload`] afterwards.
    pub fn builder(mesh: Mesh, tenants: Arc<dyn Tenants>, catalogues: Arc<Catalogues>) -> Builder {
        Builder::new(mesh, tenants, catalogues)
    }

    /// Answers one request without a socket.
    pub async fn handle<B>(&self, request: Request<B>, peer: Peer) -> Response
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        let (parts, body) = request.into_parts();
        let (body, watch) = request::body::guard(body, request::body::EndOfBody::Silence, self.0.settings.deadlines.body, None);
        self.0.answer(&mut Request::from_parts(parts, body), watch, peer).await
    }

    /// Compiles the routes anew, after services came or went. Requests under way end with the routes that they began with.
    pub fn reload(&self) {
        self.0.compile(|_| ());
    }

    /// Takes the file's routes instead of those before, all at once. Requests under way end with the routes that they began with.
    pub fn apply(&self, file: RouteFile) {
        self.0.compile(|sources| sources.base = Arc::new(file));
    }

    /// Takes routes and upstreams beside those of the file, instead of those that were beside it before, all at once. Where a name is in both, the
    /// file's is meant.
    pub fn overlay(&self, file: RouteFile) {
        self.0.compile(|sources| sources.overlay = Arc::new(file.declared_by(Declared::Migration)));
    }

    /// Takes what was stored over the API instead of what was stored before, all at once, beside the file and the overlay. What does not fit
    /// is left out, now and whenever the file changes: see [`Edge::refusals`].
    pub fn store(&self, entries: &[StoredEntry], known: &Known) {
        let stored = Arc::new(Stored::read(entries, known));
        self.0.compile(|sources| sources.stored = stored);
    }

    /// What [`Edge::store`] would leave out; nothing is changed.
    pub fn check_stored(&self, entries: &[StoredEntry], known: &Known) -> Vec<Refusal> {
        let stored = Stored::read(entries, known);
        let base = self.0.compiling.lock().base();
        self.0.lay(&base, &stored).refusals
    }

    /// What of the stored entries is left out, and why.
    pub fn refusals(&self) -> Arc<[Refusal]> {
        self.0.compiling.lock().refusals.clone()
    }

    /// Which route would answer a request now, as [`explain`] says it of a file.
    pub fn explain(&self, question: &Question) -> Explanation {
        explain(&self.0.routes.load().file, &self.0.built_in(), question)
    }

    /// Every split: what its sides did, what copies found, whether it was rolled back.
    pub fn splits(&self) -> Vec<SplitReport> {
        self.0.routes.load().splits.values().map(|state| state.report()).collect()
    }

    /// What each split saw since this was asked last, for whoever adds up several doors. Those that saw nothing are left out.
    pub fn take_split_sums(&self) -> Vec<SplitSums> {
        let routes = self.0.routes.load();
        routes.splits.values().map(|state| state.take_sums()).filter(|sums| !sums.is_empty()).collect()
    }

    /// The paths that were asked for on routes that observe them, by template.
    pub fn observed(&self) -> Vec<ObservedRoute> {
        self.0.observed.report()
    }

    /// Reads the file's text and takes its routes, as [`Edge::apply`] does; what is wrong changes nothing. Either is counted.
    ///
    /// # Errors
    /// Every fault of the file.
    pub fn load(&self, text: &str, known: &Known) -> Result<(), Vec<Fault>> {
        let read = RouteFile::parse(text, known).and_then(|file| {
            let faults = self.0.outbound.check(&file, &self.0.clock);
            if faults.is_empty() { Ok(file) } else { Err(faults) }
        });
        match read {
            Ok(file) => {
                self.apply(file);
                self.0.reloads.applied();
                Ok(())
            }
            Err(faults) => {
                self.0.reloads.refused();
                Err(faults)
            }
        }
    }

    /// Every route: those of the file, those of services, the door's own.
    pub fn routes(&self) -> Vec<RouteLine> {
        routes::lines_of(&self.0.routes.load().file, &self.0.built_in())
    }

    /// What the admin listener answers, for a process that has no door of its own.
    pub async fn operate(&self, method: &http::Method, path: &str) -> Response {
        self.0.operate(method, path).await
    }

    /// Where routes with `cache` keep their answers: counted and purged there.
    pub fn cache(&self) -> &Cache {
        &self.0.cache
    }

    /// Forgets kept answers. An address may be that of a picture: the images that were made of it go with it.
    pub async fn purge(&self, purge: &Purge) {
        let pictures = match purge {
            Purge::Address(address) if self.0.images.is_some() => banyan_images::source_tag(address),
            _ => None,
        };
        if let Some(tag) = pictures.and_then(|tag| tag.parse().ok()) {
            self.0.cache.purge(&Purge::Tag(tag)).await;
        }
        self.0.cache.purge(purge).await;
    }

    pub fn mesh(&self) -> &Mesh {
        &self.0.mesh
    }

    pub fn health(&self) -> &HealthRegistry {
        &self.0.health
    }

    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }
}

impl Inner {
    fn compile(&self, change: impl FnOnce(&mut Sources)) {
        let mut sources = self.compiling.lock();
        change(&mut sources);
        let Laid { file, refusals } = self.lay(&sources.base(), &sources.stored);
        for refusal in refusals.iter().filter(|refusal| !sources.refusals.contains(refusal)) {
            let Refusal { kind, name, key, reason, remedy, .. } = refusal;
            tracing::error!(?kind, name, key, reason, remedy, "a stored entry is left out");
        }
        sources.refusals = refusals.into();
        self.outbound.declare(&file, &self.mesh, &self.clock);
        let parts = routes::Parts {
            mesh: &self.mesh,
            metrics: self.metrics.http(),
            file,
            version: self.versions.current,
            cookies: &self.cookies,
            images: routes::images_of(self.images.as_ref()),
        };
        let before = self.routes.load_full();
        let routes = Arc::new(Routes::compile(&parts, Some(&before)));
        self.keeps.fetch_or(routes.keep_answers(), Ordering::Relaxed);
        self.routes.store(routes.clone());
        self.retire(&before.file, &routes.file);
    }

    fn lay(&self, base: &Arc<RouteFile>, stored: &Stored) -> Laid {
        if stored.candidates.is_empty() {
            return Laid { file: base.clone(), refusals: Vec::new() };
        }
        let kept: Vec<_> = self.mesh.routes().iter().map(|route| (route.service.clone(), route.pattern.clone())).collect();
        let kept: Vec<_> = kept.into_iter().filter(|(service, _)| stored.known.kept.contains(&**service)).collect();
        let judge = Judge { known: &stored.known, outbound: &self.outbound, clock: &self.clock, kept: &kept };
        judge.lay(base, &stored.candidates)
    }

    fn built_in(&self) -> BuiltIn {
        let routes = self.mesh.routes();
        let services =
            routes.iter().map(|route| HouseRoute { service: route.service.to_string(), pattern: route.pattern.to_string() });
        BuiltIn { services: services.collect(), version: self.versions.current, images: routes::images_of(self.images.as_ref()) }
    }

    /// Ends the upstreams that the new file does not have, when no request can be on its way to them by the old routes any more.
    fn retire(&self, before: &RouteFile, now: &RouteFile) {
        let gone: Vec<Arc<str>> =
            before.upstreams.iter().map(|entry| entry.name.clone()).filter(|name| now.upstream(name).is_none()).collect();
        if gone.is_empty() {
            return;
        }
        let (mesh, wait) = (self.mesh.clone(), self.settings.deadlines.call);
        let Some(edge) = self.own.get().and_then(Weak::upgrade) else { return };
        let later = async move {
            tokio::time::sleep(wait).await;
            let routes = edge.routes.load_full();
            // It may have come back.
            gone.iter().filter(|name| routes.file.upstream(name).is_none()).for_each(|name| mesh.retire(name));
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(later);
        }
    }
}

impl Sources {
    /// The file, and what the control plane adds to it.
    fn base(&self) -> Arc<RouteFile> {
        if self.overlay.is_empty() {
            return self.base.clone();
        }
        let mut file = RouteFile::clone(&self.base);
        let upstreams = self.overlay.upstreams.iter().filter(|entry| self.base.upstream(&entry.name).is_none());
        file.upstreams.extend(upstreams.cloned());
        let taken = |name: &str| self.base.routes.iter().any(|route| *route.name == *name);
        file.routes.extend(self.overlay.routes.iter().filter(|route| !taken(&route.name)).cloned());
        Arc::new(file)
    }
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge").field("mesh", &self.0.mesh).finish_non_exhaustive()
    }
}
