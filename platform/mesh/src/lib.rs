//! Calling a service by its name, wherever it runs.
//!
//! A service has instances: routers of this process, or addresses elsewhere ([`Mesh::declare`]). A call goes to one of them by the rules
//! of its [`Upstream`]: who is well, whose turn it is, how long it may take, whether it is tried again. Who calls does not notice the
//! difference.

pub mod balance;
mod body;
mod call;
pub mod caller;
mod cells;
mod deadline;
pub mod discovery;
mod error;
mod fallback;
mod health;
mod instance;
mod latency;
mod maintain;
mod observer;
mod place;
mod propagate;
pub mod receiver;
pub mod registry;
mod remote;
mod report;
mod routes;
mod service;
pub mod upstream;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use banyan_kernel::{Clock, OsRandom, Random};
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;

pub use body::{AnswerBody, BodyError};
pub use call::{Answer, Call, InstanceId, Tries, Upgrade, key_of};
pub use deadline::Deadline;
pub use error::{CallError, Reason, RegisterError};
pub use fallback::{FALLBACK, with_fallback};
pub use observer::{Change, Observer};
pub use place::{Endpoint, Place};
pub use propagate::DEADLINE;
pub use report::{BreakerState, Checked, InstanceHealth, InstanceReport, ServiceReport};
pub use routes::{Route, RouteTable};
pub use service::ServiceHandle;
pub use upstream::{
    Balance, Breaker, Concurrency, Connections, Context, DeclareError, Discovery, Ejection, HealthCheck, Hedge, HostRule,
    Protocol, Reach, Repeatable, Retry, Scheme, SlowStart, Timeouts, Tls, Upstream,
};

/// All services that this process can call. Cheap to clone.
#[derive(Clone)]
pub struct Mesh(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    table: ArcSwap<Table>,
    /// Moves when the table changes, for the maintenance.
    tables: watch::Sender<u64>,
    /// Held while the table is replaced; reading never waits.
    changing: Mutex<()>,
}

/// What all services of a mesh have in common.
pub(crate) struct Shared {
    clock: Arc<dyn Clock>,
    here: Place,
    /// For spreading load; not secret.
    seed: u64,
    observer: RwLock<Option<Arc<dyn Observer>>>,
}

impl Inner {
    fn publish(&self, table: Table) {
        self.table.store(Arc::new(table));
        self.tables.send_modify(|version| *version += 1);
    }
}

impl Shared {
    fn tell(&self, service: &str, change: &Change) {
        if let Some(observer) = &*self.observer.read() {
            observer.changed(service, change);
        }
    }
}

#[derive(Clone, Default)]
struct Table {
    services: BTreeMap<Arc<str>, ServiceHandle>,
    routes: RouteTable<Arc<Route>>,
}

impl Mesh {
    /// `here` is where this process runs.
    pub fn new(clock: Arc<dyn Clock>, here: Place) -> Self {
        let mut seed = [0; 8];
        OsRandom.fill(&mut seed);
        let shared = Shared { clock, here, seed: u64::from_le_bytes(seed), observer: RwLock::new(None) };
        Self(Arc::new(Inner {
            shared: Arc::new(shared),
            table: ArcSwap::default(),
            tables: watch::Sender::new(0),
            changing: Mutex::new(()),
        }))
    }

    /// Tells `observer` of every change from now on, instead of whoever was told before.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        *self.0.shared.observer.write() = Some(observer);
    }

    /// Makes a named upstream, or gives it other rules; instances that stay keep their connections and what is known of them. Calls under
    /// way end by the rules that they began with.
    ///
    /// # Errors
    /// What cannot work, before anything is changed.
    pub fn declare(&self, name: &str, upstream: Upstream) -> Result<ServiceHandle, DeclareError> {
        upstream.check(name)?;
        let changing = self.0.changing.lock();
        let mut table = Table::clone(&self.0.table.load());
        let service = self.known_or_new(&table, name);
        service.declare(upstream);
        table.services.insert(service.shared_name(), service.clone());
        self.0.publish(table);
        drop(changing);
        Ok(service)
    }

    /// Ends an upstream: its instances elsewhere are forgotten, and so is its name if no router of this process has it. Calls under way
    /// end as they would.
    pub fn retire(&self, name: &str) {
        let changing = self.0.changing.lock();
        let mut table = Table::clone(&self.0.table.load());
        if let Some(service) = table.services.get(name) {
            service.retire();
            if service.0.instances().is_empty() {
                table.services.remove(name);
            }
        }
        self.0.publish(table);
        drop(changing);
    }

    /// Adds an instance of the service in this process. `paths` are the path patterns that it owns, as in its OpenAPI
    /// document (`/api/v1/goals/{id}`); a service that others only call by name has none.
    ///
    /// # Errors
    /// When a path is not a pattern, or belongs to another service.
    #[expect(clippy::needless_pass_by_value, reason = "the mesh takes the router over")]
    pub fn register<P: AsRef<str>>(
        &self,
        name: &str,
        router: Router,
        paths: impl IntoIterator<Item = P>,
    ) -> Result<ServiceHandle, RegisterError> {
        let changing = self.0.changing.lock();
        let mut table = Table::clone(&self.0.table.load());
        let service = self.known_or_new(&table, name);
        for path in paths {
            table.claim(&service, path.as_ref())?;
        }
        table.services.insert(service.shared_name(), service.clone());
        service.add_local(&router, &self.0.shared.here);
        self.0.publish(table);
        drop(changing);
        Ok(service)
    }

    /// Says that the paths belong to a service that is elsewhere, declared before or after.
    ///
    /// # Errors
    /// As [`Mesh::register`].
    pub fn claim<P: AsRef<str>>(&self, name: &str, paths: impl IntoIterator<Item = P>) -> Result<ServiceHandle, RegisterError> {
        let changing = self.0.changing.lock();
        let mut table = Table::clone(&self.0.table.load());
        let service = self.known_or_new(&table, name);
        for path in paths {
            table.claim(&service, path.as_ref())?;
        }
        table.services.insert(service.shared_name(), service.clone());
        self.0.publish(table);
        drop(changing);
        Ok(service)
    }

    fn known_or_new(&self, table: &Table, name: &str) -> ServiceHandle {
        let known = table.services.get(name).cloned();
        known.unwrap_or_else(|| ServiceHandle::new(name.into(), self.0.shared.clone()))
    }

    /// Where this process runs.
    pub fn place(&self) -> &Place {
        &self.0.shared.here
    }

    /// Which service owns the path; none does if it is unknown.
    pub fn route(&self, path: &str) -> Option<Arc<Route>> {
        self.0.table.load().routes.find(path).cloned()
    }

    /// Every path pattern with its owner, in the order of the patterns.
    pub fn routes(&self) -> Vec<Arc<Route>> {
        let mut routes: Vec<_> = self.0.table.load().routes.values().cloned().collect();
        routes.sort_by(|one, other| one.pattern.cmp(&other.pattern));
        routes
    }

    /// The service of that name. Keep the handle: it stays true while instances come and go.
    pub fn service(&self, name: &str) -> Option<ServiceHandle> {
        self.0.table.load().services.get(name).cloned()
    }

    /// Calls the service and waits for its answer `within` that time, or as long as the present task's own deadline
    /// allows, whichever is sooner.
    ///
    /// # Errors
    /// [`CallError::ServiceUnknown`] for a name that nobody registered, [`CallError::ServiceUnavailable`] when no instance
    /// can take it, [`CallError::DeadlineExceeded`].
    pub async fn call(&self, name: &str, request: Request, within: Duration) -> Result<Response, CallError> {
        let service = self.service(name).ok_or_else(|| CallError::ServiceUnknown { name: name.chars().take(60).collect() })?;
        service.call(request, Deadline::after(within)).await
    }

    /// What is known of every service, by name.
    pub fn services(&self) -> Vec<ServiceReport> {
        self.0.table.load().services.values().map(ServiceHandle::report).collect()
    }
}

impl Table {
    fn claim(&mut self, service: &ServiceHandle, path: &str) -> Result<(), RegisterError> {
        if let Some(owner) = self.routes.get(path) {
            let same = *owner.service == *service.name();
            return if same { Ok(()) } else { Err(RegisterError::taken(path, &owner.service, service.name())) };
        }
        let route = Arc::new(Route { service: service.shared_name(), pattern: path.into() });
        self.routes.insert(path, route).map_err(|reason| RegisterError::Path {
            path: path.to_owned(),
            service: service.name().to_owned(),
            reason,
        })
    }
}

impl fmt::Debug for Mesh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.0.table.load();
        f.debug_struct("Mesh").field("services", &table.services.keys().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
