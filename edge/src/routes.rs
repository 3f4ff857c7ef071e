//! Routes and what holds for them, compiled into one structure when routes change, so that a request looks up once.

pub(crate) mod body;
mod check;
pub(crate) mod condition;
mod diagnosis;
mod explain;
pub(crate) mod fields;
mod file;
pub(crate) mod host;
pub(crate) mod kept;
pub(crate) mod matching;
pub(crate) mod meters;
pub(crate) mod outbound;
mod own;
pub(crate) mod pattern;
mod query;
pub(crate) mod rewrite;
pub(crate) mod stored;
pub(crate) mod template;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use banyan_http::version::Protocol;
use banyan_mesh::{Mesh, ServiceHandle};
use banyan_telemetry::{HttpMetrics, RouteMeter};
use http::Method;

pub(crate) use condition::{Asked, wanted_version};
pub use diagnosis::{DIAGNOSES, Diagnosis};
pub(crate) use explain::lines_of;
pub use explain::{BuiltIn, Considered, Explanation, HouseRoute, ImagePage, Question, RouteLine, explain};
pub(crate) use file::{
    Declared, Identity, MessageChange, Observe, Redirect, RedirectQuery, Respond, RouteEntry, TargetEntry, UpstreamEntry,
    UpstreamKey,
};
pub use file::{Fault, Known, ROUTE_SECTIONS, RouteFile};
pub(crate) use matching::{Nobody, Place};
pub(crate) use own::{Page, Probe};
pub use stored::{EntryKind, Refusal, StoredEntry};

use crate::answer::cors::Cors;
use crate::limits::{RouteLimit, RouteLimits};
use crate::policies::access::Access;
use crate::policies::places::Places;
use crate::policies::{CorsRule, Policies};
use crate::split::cookie::CookieKey;
use crate::split::entry::{SplitEntry, VariantTarget};
use crate::split::state::SplitState;
use crate::split::{MAIN, Side, Split};
use kept::Kept;
use matching::{Origin, Rule, Table};
use pattern::PathPattern;

/// One route with its policies.
#[derive(Debug)]
pub(crate) struct CompiledRoute {
    pub(crate) target: Target,
    pub(crate) meter: Arc<RouteMeter>,
    pub(crate) limits: RouteLimits,
    /// Whether answers hold secrets, so that their size must not tell about them.
    pub(crate) secrecy: Secrecy,
    pub(crate) policies: Policies,
    /// What the file says, for a route of the file.
    pub(crate) entry: Option<Arc<RouteEntry>>,
    pub(crate) places: Option<Arc<Places>>,
    pub(crate) split: Option<Arc<Split>>,
    /// How answers of the route's own target are kept.
    pub(crate) kept: Option<Kept>,
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
    /// A server outside of Banyan.
    Upstream(ServiceHandle, Arc<UpstreamEntry>),
    Redirect,
    Respond,
    Probe(Probe),
    Page(Page),
    /// Pictures of others, made smaller.
    Images,
    /// A route of the file whose service or upstream is not there: 502.
    Nobody,
}

/// All routes of the door.
pub(crate) struct Routes {
    table: Table<Arc<CompiledRoute>>,
    /// The file that they were made of.
    pub(crate) file: Arc<RouteFile>,
    /// Patterns of services and of the door itself.
    patterns: Vec<Box<str>>,
    /// Counts requests for paths that nobody owns.
    pub(crate) unmatched: Arc<RouteMeter>,
    /// Counts requests that were refused before they had a route.
    pub(crate) refused: Arc<RouteMeter>,
    places: HashMap<Arc<str>, Arc<Places>>,
    pub(crate) splits: BTreeMap<Arc<str>, Arc<SplitState>>,
}

/// What routes are made of.
pub(crate) struct Parts<'p> {
    pub(crate) mesh: &'p Mesh,
    pub(crate) metrics: &'p HttpMetrics,
    pub(crate) file: Arc<RouteFile>,
    /// The version that an address without one means.
    pub(crate) version: u32,
    pub(crate) cookies: &'p CookieKey,
    /// Whether the door makes images.
    pub(crate) images: ImagePage,
}

pub(crate) const fn images_of(images: Option<&banyan_images::Images>) -> ImagePage {
    if images.is_some() { ImagePage::Made } else { ImagePage::None }
}

impl Routes {
    /// A service may take a page of the door's own, such as `/`, for itself; probes stay. `before` are the routes that these replace.
    pub(crate) fn compile(parts: &Parts<'_>, before: Option<&Self>) -> Self {
        let mut routes = Self {
            table: Table::default(),
            file: parts.file.clone(),
            patterns: Vec::new(),
            unmatched: parts.metrics.route("_unmatched"),
            refused: parts.metrics.route("_refused"),
            places: HashMap::new(),
            splits: BTreeMap::new(),
        };
        routes.add_probes(parts.metrics);
        for entry in &parts.file.routes {
            routes.add_entry(entry, parts, before);
        }
        routes.add_services(parts);
        routes.add_pages(parts.metrics);
        if parts.images == ImagePage::Made && !routes.has(own::IMAGES) {
            routes.add_images(parts.metrics);
        }
        routes
    }

    pub(crate) fn find(&self, place: Place<'_>, asked: &Asked<'_>) -> Option<&Arc<CompiledRoute>> {
        self.table.find(place, asked).map(|candidate| &candidate.value)
    }

    /// Why there is none.
    pub(crate) fn nobody(&self, place: Place<'_>, asked: &Asked<'_>) -> Nobody {
        self.table.nobody(place, asked)
    }

    /// Whether any route keeps its answers.
    pub(crate) fn keep_answers(&self) -> bool {
        self.file.routes.iter().any(|entry| entry.policies.cache.is_some())
    }

    pub(crate) fn has_hosts(&self) -> bool {
        self.table.has_hosts()
    }

    /// Whether services or the door itself have just this pattern.
    pub(crate) fn has(&self, pattern: &str) -> bool {
        self.patterns.iter().any(|known| **known == *pattern)
    }

    /// Nothing goes before a probe: those who watch must not depend on a file.
    fn add_probes(&mut self, metrics: &HttpMetrics) {
        for (path, probe) in own::PROBES {
            self.add_own(path, Target::Probe(probe), i32::MAX, metrics);
            self.patterns.push(path.into());
        }
    }

    fn add_pages(&mut self, metrics: &HttpMetrics) {
        for (path, page) in own::PAGES {
            if !self.has(path) {
                self.add_own(path, Target::Page(page), 0, metrics);
                self.patterns.push(path.into());
            }
        }
    }

    /// What an image is made of depends on nobody, so no credential is read, and everybody is given the same.
    fn add_images(&mut self, metrics: &HttpMetrics) {
        let mut route = CompiledRoute::of_house(Target::Images, metrics.route(own::IMAGES), own::IMAGES);
        route.policies.access = Access::Public;
        route.kept = Some(Kept::images());
        self.add_house(own::IMAGES, 0, &Arc::new(route));
        self.patterns.push(own::IMAGES.into());
    }

    fn add_own(&mut self, path: &str, target: Target, priority: i32, metrics: &HttpMetrics) {
        let route = CompiledRoute::of_house(target, metrics.route(path), path);
        self.add_house(path, priority, &Arc::new(route));
    }

    fn add_house(&mut self, path: &str, priority: i32, route: &Arc<CompiledRoute>) {
        match PathPattern::parse(path) {
            Ok(pattern) => {
                let rule = Rule { pattern, conditions: condition::Conditions::default(), priority, origin: Origin::House };
                self.table.insert(&[], &rule, route);
            }
            // The mesh holds patterns that axum has taken.
            Err(error) => tracing::error!(route = path, reason = error.reason, "route left out"),
        }
    }

    fn add_services(&mut self, parts: &Parts<'_>) {
        for route in parts.mesh.routes() {
            let Some(service) = parts.mesh.service(&route.service).filter(|_| !own::is_probe(&route.pattern)) else { continue };
            let compiled =
                Arc::new(CompiledRoute::of_house(Target::Service(service), parts.metrics.route(&route.pattern), &route.pattern));
            self.patterns.push((*route.pattern).into());
            self.add_house(&route.pattern, 0, &compiled);
            // `/api/goals` means the current version, wherever a file does not say otherwise.
            let versioned = format!("/api/v{}/", parts.version);
            if let Some(rest) = route.pattern.strip_prefix(&versioned) {
                self.add_house(&format!("/api/{rest}"), 0, &compiled);
            }
        }
    }

    fn add_entry(&mut self, entry: &Arc<RouteEntry>, parts: &Parts<'_>, before: Option<&Self>) {
        let target = parts.target_of(&entry.target);
        let split = entry.split.as_ref().map(|split| self.add_split(split, entry, parts, before));
        let places = entry.policies.concurrency.map(|most| {
            let known = before.and_then(|before| before.places.get(&entry.name)).cloned();
            let places = known.unwrap_or_else(|| Arc::new(Places::new(most)));
            places.resize(most);
            self.places.insert(entry.name.clone(), places.clone());
            places
        });
        let route = Arc::new(CompiledRoute {
            target,
            meter: parts.metrics.route(&entry.name),
            limits: limits_of(entry),
            secrecy: Secrecy::Ordinary,
            policies: entry.policies.clone(),
            entry: Some(entry.clone()),
            places,
            split,
            kept: Kept::of(entry, MAIN, &parts.file),
        });
        self.table.insert(&entry.hosts, &entry.rule(), &route);
    }

    /// A run goes on as long as it is declared as it was.
    fn add_split(
        &mut self,
        split: &Arc<SplitEntry>,
        route: &Arc<RouteEntry>,
        parts: &Parts<'_>,
        before: Option<&Self>,
    ) -> Arc<Split> {
        let known = before.and_then(|before| before.splits.get(&split.name));
        let going = self.splits.get(&split.name).or(known).filter(|state| state.entry == *split).cloned();
        let state = going.unwrap_or_else(|| Arc::new(SplitState::new(split.clone(), known.map(|known| &**known))));
        self.splits.insert(split.name.clone(), state.clone());
        let variants = split.variants.iter().zip(1..).map(|(variant, side)| {
            let target = match &variant.target {
                VariantTarget::Service(name) => TargetEntry::Service(name.clone()),
                VariantTarget::Upstream(name) => TargetEntry::Upstream(name.clone()),
            };
            let mut entry = RouteEntry::clone(route);
            entry.rewrite = variant.rewrite.clone().unwrap_or(entry.rewrite);
            entry.target = target;
            Side { target: parts.target_of(&entry.target), kept: Kept::of(&entry, side, &parts.file), entry: Arc::new(entry) }
        });
        let variants = variants.collect();
        Arc::new(Split { entry: split.clone(), variants, state, cookies: parts.cookies.clone() })
    }
}

impl Parts<'_> {
    fn target_of(&self, entry: &TargetEntry) -> Target {
        let handle = |name: &Arc<str>| self.mesh.service(name);
        match entry {
            TargetEntry::Service(name) => handle(name).map_or(Target::Nobody, Target::Service),
            TargetEntry::Upstream(name) => match (handle(name), self.file.upstream(name)) {
                (Some(handle), Some(upstream)) => Target::Upstream(handle, upstream.clone()),
                _ => Target::Nobody,
            },
            TargetEntry::Redirect(_) => Target::Redirect,
            TargetEntry::Respond(_) => Target::Respond,
        }
    }
}

impl CompiledRoute {
    fn of_house(target: Target, meter: Arc<RouteMeter>, pattern: &str) -> Self {
        let service = match &target {
            Target::Service(service) => service.name().to_owned(),
            _ => String::new(),
        };
        Self {
            target,
            meter,
            limits: RouteLimits::of_pattern(pattern, &service),
            secrecy: if is_auth(pattern) { Secrecy::Secret } else { Secrecy::Ordinary },
            policies: policies_of_house(pattern),
            entry: None,
            places: None,
            split: None,
            kept: None,
        }
    }

    /// Who answers on a side of a split, and by which entry.
    pub(crate) fn side(&self, side: usize) -> (&Target, Option<&Arc<RouteEntry>>) {
        let variant = side.checked_sub(1).and_then(|at| self.split.as_ref()?.variants.get(at));
        variant.map_or((&self.target, self.entry.as_ref()), |variant| (&variant.target, Some(&variant.entry)))
    }

    /// How answers of that side are kept, if they are.
    pub(crate) fn kept(&self, side: usize) -> Option<&Kept> {
        let variant = side.checked_sub(1).and_then(|at| self.split.as_ref()?.variants.get(at));
        variant.map_or(self.kept.as_ref(), |variant| variant.kept.as_ref())
    }

    pub(crate) fn is_observed(&self) -> bool {
        self.entry.as_ref().is_some_and(|entry| entry.observe == Observe::On)
    }

    /// How the request counts.
    pub(crate) fn limit_of(&self, method: &Method) -> Option<&RouteLimit> {
        self.limits.of(method)
    }
}

/// The class that the file names; a service of Banyan's own is not without limits because a file says nothing.
fn limits_of(entry: &RouteEntry) -> RouteLimits {
    match (entry.policies.limit.as_deref(), &entry.target) {
        (Some(class), _) => RouteLimits::both(RouteLimit::named(class)),
        (None, TargetEntry::Service(_)) => RouteLimits::both(RouteLimit::named("api")),
        (None, TargetEntry::Upstream(_) | TargetEntry::Redirect(_) | TargetEntry::Respond(_)) => RouteLimits::default(),
    }
}

/// Where others' credentials count, none is read here: the service of the path refuses who shows none of its own.
fn policies_of_house(pattern: &str) -> Policies {
    let protocol = Protocol::of(pattern);
    let access = if protocol == Protocol::Own { Access::Optional } else { Access::Public };
    let mut policies = Policies::with_access(access);
    if protocol == Protocol::FlagPages {
        policies.cors = CorsRule::Own(Arc::new(Cors::anyone()));
    }
    policies
}

/// `/api/v<number>/auth/…`
fn is_auth(pattern: &str) -> bool {
    let mut segments = pattern.split('/').skip(1);
    let api = segments.next() == Some("api");
    let version = segments.next().is_some_and(|segment| segment.starts_with('v'));
    api && version && segments.next() == Some("auth")
}

impl std::fmt::Debug for Routes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Routes").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::address::Security;
    use axum::Router;
    use banyan_kernel::SystemClock;
    use http::HeaderMap;

    #[test]
    fn services_and_pages_share_one_table() {
        let mesh = Mesh::new(Arc::new(SystemClock), banyan_mesh::Place::default());
        mesh.register("identity", Router::new(), ["/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/auth/sessions/{id}"])
            .unwrap();
        mesh.register("site", Router::new(), ["/", "/health"]).unwrap();
        let cookies = CookieKey::of(None, &banyan_kernel::OsRandom);
        let parts = Parts {
            mesh: &mesh,
            metrics: &HttpMetrics::default(),
            file: Arc::default(),
            version: 1,
            cookies: &cookies,
            images: ImagePage::None,
        };
        let routes = Routes::compile(&parts, None);
        let headers = HeaderMap::new();
        let find = |path: &str| {
            let asked = Asked { method: &Method::GET, security: Security::Plain, headers: &headers, query: None };
            routes.find(Place { host: None, path }, &asked).cloned()
        };
        let login = find("/api/v1/auth/login").unwrap();
        assert!(login.limit_of(&Method::POST).is_some());
        assert_eq!(login.secrecy, Secrecy::Secret);
        assert!(Arc::ptr_eq(&find("/api/auth/login").unwrap(), &login), "without a version it is the current one");
        assert_eq!(find("/api/v1/auth/refresh").unwrap().limit_of(&Method::POST), None);
        assert!(matches!(&find("/").unwrap().target, Target::Service(site) if site.name() == "site"));
        assert!(matches!(find("/health").unwrap().target, Target::Probe(Probe::Health)));
        assert!(find("/nothing").is_none());
        assert!(!is_auth("/api/v1/authors") && !is_auth("/auth/login") && is_auth("/api/v2/auth/x"));
    }
}
