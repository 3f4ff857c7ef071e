//! Routes and what holds for them, compiled into one structure when routes change, so that a request looks up once.

use std::sync::Arc;

use banyan_mesh::{Mesh, RouteTable, ServiceHandle};
use banyan_telemetry::{HttpMetrics, RouteMeter};
use http::Method;

use crate::request::rate::Class;

/// One route pattern with its policies.
#[derive(Debug)]
pub(crate) struct CompiledRoute {
    pub(crate) target: Target,
    pub(crate) meter: Arc<RouteMeter>,
    pub(crate) limit: Option<Class>,
    /// Whether answers hold secrets, so that their size must not tell about them.
    pub(crate) secrecy: Secrecy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrecy {
    Ordinary,
    Secret,
}

/// Who answers.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Service(ServiceHandle),
    Probe(Probe),
    Page(Page),
}

/// Answers for machines that watch: without tenant, language or limits, so that they work when those do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    Health,
    Ready,
    Live,
}

/// What the door itself shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    First,
    Stylesheet,
    Icon,
    Robots,
    Services,
}

const OWN: [(&str, Target); 10] = [
    ("/health", Target::Probe(Probe::Health)),
    ("/ready", Target::Probe(Probe::Ready)),
    ("/readyz", Target::Probe(Probe::Ready)),
    ("/livez", Target::Probe(Probe::Live)),
    ("/services", Target::Page(Page::Services)),
    ("/", Target::Page(Page::First)),
    ("/assets/banyan.css", Target::Page(Page::Stylesheet)),
    ("/favicon.svg", Target::Page(Page::Icon)),
    ("/favicon.ico", Target::Page(Page::Icon)),
    ("/robots.txt", Target::Page(Page::Robots)),
];

/// All routes of the door.
pub(crate) struct Routes {
    table: RouteTable<Arc<CompiledRoute>>,
    /// Counts requests for paths that nobody owns.
    pub(crate) unmatched: Arc<RouteMeter>,
    /// Counts requests that were refused before they had a route.
    pub(crate) refused: Arc<RouteMeter>,
}

impl Routes {
    /// A service may take a page of the door's own, such as `/`, for itself; probes stay.
    pub(crate) fn compile(mesh: &Mesh, metrics: &HttpMetrics) -> Self {
        let mut table = RouteTable::new();
        for route in mesh.routes() {
            let probe = OWN.iter().any(|(path, own)| **path == *route.pattern && matches!(own, Target::Probe(_)));
            let Some(service) = mesh.service(&route.service).filter(|_| !probe) else { continue };
            let compiled = CompiledRoute {
                target: Target::Service(service),
                meter: metrics.route(&route.pattern),
                limit: class_of(&route.pattern),
                secrecy: if is_auth(&route.pattern) { Secrecy::Secret } else { Secrecy::Ordinary },
            };
            // The mesh holds patterns that fit together, so this cannot clash.
            if let Err(error) = table.insert(&route.pattern, Arc::new(compiled)) {
                tracing::error!(route = %route.pattern, %error, "route left out");
            }
        }
        for (path, target) in OWN {
            if table.get(path).is_some() {
                continue;
            }
            let compiled = CompiledRoute { target, meter: metrics.route(path), limit: None, secrecy: Secrecy::Ordinary };
            if let Err(error) = table.insert(path, Arc::new(compiled)) {
                tracing::error!(route = path, %error, "route left out");
            }
        }
        Self { table, unmatched: metrics.route("_unmatched"), refused: metrics.route("_refused") }
    }

    pub(crate) fn find(&self, path: &str) -> Option<&Arc<CompiledRoute>> {
        self.table.find(path)
    }

    pub(crate) fn has(&self, pattern: &str) -> bool {
        self.table.get(pattern).is_some()
    }
}

impl CompiledRoute {
    /// The class in which the request counts. Reading one's sessions is no attempt to sign in.
    pub(crate) fn limit_of(&self, method: &Method) -> Option<Class> {
        self.limit.filter(|_| method == Method::POST)
    }
}

/// `/api/v<number>/auth/…`
fn is_auth(pattern: &str) -> bool {
    let mut segments = pattern.split('/').skip(1);
    let api = segments.next() == Some("api");
    let version = segments.next().is_some_and(|segment| segment.starts_with('v'));
    api && version && segments.next() == Some("auth")
}

/// Guessing is slowed down. What takes a token of 256 random bits cannot be guessed, and is called every quarter of an
/// hour by everybody behind one address, so it does not count.
fn class_of(pattern: &str) -> Option<Class> {
    let guessable = !pattern.ends_with("/refresh") && !pattern.ends_with("/logout");
    (is_auth(pattern) && guessable).then_some(Class::Auth)
}

impl std::fmt::Debug for Routes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Routes").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use banyan_kernel::SystemClock;
    use banyan_mesh::Place;

    #[test]
    fn services_and_pages_share_one_table() {
        let mesh = Mesh::new(Arc::new(SystemClock), Place::default());
        mesh.register("identity", Router::new(), ["/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/auth/sessions/{id}"])
            .unwrap();
        mesh.register("site", Router::new(), ["/", "/health"]).unwrap();
        let routes = Routes::compile(&mesh, &HttpMetrics::default());
        let login = routes.find("/api/v1/auth/login").unwrap();
        assert_eq!((login.limit_of(&Method::POST), login.limit_of(&Method::GET)), (Some(Class::Auth), None));
        assert_eq!(login.secrecy, Secrecy::Secret);
        assert_eq!(routes.find("/api/v1/auth/refresh").unwrap().limit_of(&Method::POST), None);
        assert!(matches!(&routes.find("/").unwrap().target, Target::Service(site) if site.name() == "site"));
        assert!(matches!(routes.find("/health").unwrap().target, Target::Probe(Probe::Health)));
        assert!(routes.find("/nothing").is_none());
        assert!(!is_auth("/api/v1/authors") && !is_auth("/auth/login") && is_auth("/api/v2/auth/x"));
    }
}
