//! Calling a service by its name, wherever it runs.
//!
//! A service has instances; a call goes to the one that costs least now (latency × requests in flight). Today an
//! instance is a router in this process; a remote one is another [`Transport`], and nobody who calls will notice.

mod deadline;
mod error;
mod instance;
mod latency;
mod report;
mod routes;
mod service;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use banyan_kernel::Clock;
use parking_lot::Mutex;

pub use deadline::Deadline;
pub use error::{CallError, RegisterError};
pub use instance::{Address, Place, Transport};
pub use report::{InstanceHealth, InstanceReport, ServiceReport};
pub use routes::{Route, RouteTable};
pub use service::ServiceHandle;

/// All services that this process can call. Cheap to clone.
#[derive(Clone)]
pub struct Mesh(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    here: Place,
    table: ArcSwap<Table>,
    /// Held while the table is replaced; reading never waits.
    changing: Mutex<()>,
}

#[derive(Clone, Default)]
struct Table {
    services: BTreeMap<Arc<str>, ServiceHandle>,
    routes: RouteTable<Arc<Route>>,
}

impl Mesh {
    /// `here` is where this process runs.
    pub fn new(clock: Arc<dyn Clock>, here: Place) -> Self {
        Self(Arc::new(Inner { clock, here, table: ArcSwap::default(), changing: Mutex::new(()) }))
    }

    /// Adds an instance of the service in this process. `paths` are the path patterns that it owns, as in its OpenAPI
    /// document (`/api/v1/goals/{id}`); a service that others only call by name has none.
    ///
    /// # Errors
    /// When a path is not a pattern, or belongs to another service.
    pub fn register<P: AsRef<str>>(
        &self,
        name: &str,
        router: Router,
        paths: impl IntoIterator<Item = P>,
    ) -> Result<ServiceHandle, RegisterError> {
        let changing = self.0.changing.lock();
        let mut table = Table::clone(&self.0.table.load());
        let known = table.services.get(name).cloned();
        let service = known.unwrap_or_else(|| ServiceHandle::new(name.into(), self.0.clock.clone()));
        for path in paths {
            table.claim(&service, path.as_ref())?;
        }
        table.services.insert(service.shared_name(), service.clone());
        service.add(&Transport::Local(router), &self.0.here);
        self.0.table.store(Arc::new(table));
        drop(changing);
        Ok(service)
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
