//! The front door: everything that is decided once for every request, before and after a service answers it.
//!
//! [`Edge::serve`] listens; [`Edge::handle`] answers one request without a socket, by the same way. The order of what
//! happens to a request stands in `visit.rs`, top down: its shape, its route, its tenant, its limits, who asks,
//! in which language; then the service, through the mesh; then the fields that every answer carries.

mod answer;
mod builder;
mod fields;
mod listen;
mod operations;
mod pages;
mod random;
mod request;
mod routes;
mod settings;
mod visit;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use arc_swap::ArcSwap;
use axum::BoxError;
use axum::response::Response;
use banyan_http::problem::RenderProblems;
use banyan_http::version::Versions;
use banyan_kernel::Ids;
use banyan_locale::Catalogues;
use banyan_mesh::Mesh;
use banyan_telemetry::{HealthRegistry, Metrics};
use bytes::Bytes;
use http::Request;
use http_body::Body as HttpBody;

use answer::cors::Cors;
use answer::security::SecurityHeaders;
use request::credential::Credentials;
use request::rate::RateLimiter;
use routes::Routes;

pub use builder::Builder;
pub use listen::{Drained, Listen, Running, ServeError, Stopper};
pub use request::credential::NoCredentials;
pub use request::{
    Authenticate, Credential, Network, NetworkError, Peer, Quota, RateLimits, TenantDirectory, TenantEntry, Tenants, Transport,
};
pub use settings::{AccessLog, Deadlines, Drain, EdgeSettings, Limits, SettingsError, TransportSecurity};

/// The door's own messages: `(tag, file, text)` for a catalogue builder, in `Layer::Service`.
pub const MESSAGES: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// The front door. Cheap to clone.
#[derive(Clone)]
pub struct Edge(Arc<Inner>);

struct Inner {
    mesh: Mesh,
    routes: ArcSwap<Routes>,
    tenants: Arc<dyn Tenants>,
    credentials: Credentials,
    catalogues: Arc<Catalogues>,
    problems: RenderProblems,
    health: HealthRegistry,
    metrics: Metrics,
    ids: Ids,
    versions: Versions,
    limiter: RateLimiter,
    security: SecurityHeaders,
    cors: Cors,
    in_flight: AtomicUsize,
    settings: EdgeSettings,
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
        let (body, watch) = request::body::guard(body, self.0.settings.deadlines.body, None);
        self.0.answer(parts, body, watch, peer).await
    }

    /// Compiles the routes anew, after services came or went. Requests under way end with the routes that they began with.
    pub fn reload(&self) {
        self.0.routes.store(Arc::new(Routes::compile(&self.0.mesh, self.0.metrics.http())));
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

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge").field("mesh", &self.0.mesh).finish_non_exhaustive()
    }
}
