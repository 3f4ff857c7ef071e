//! A service as its callers hold it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::extract::Request;
use axum::response::Response;
use banyan_kernel::Clock;

use crate::deadline::Deadline;
use crate::error::CallError;
use crate::instance::{Instance, Outcome, Place, Running, Transport};
use crate::report::{InstanceHealth, ServiceReport};

/// A service with whatever instances it has at the moment. Cheap to clone.
#[derive(Clone)]
pub struct ServiceHandle(Arc<Inner>);

struct Inner {
    name: Arc<str>,
    clock: Arc<dyn Clock>,
    instances: ArcSwap<Vec<Arc<Instance>>>,
}

impl ServiceHandle {
    pub(crate) fn new(name: Arc<str>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner { name, clock, instances: ArcSwap::default() }))
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        self.0.name.clone()
    }

    pub(crate) fn add(&self, transport: &Transport, place: &Place) {
        self.0.instances.rcu(|instances| {
            let mut instances = Vec::clone(instances);
            let id = format!("{}-{}", self.0.name, instances.len() + 1);
            instances.push(Arc::new(Instance::new(id, transport.clone(), place.clone())));
            instances
        });
    }

    /// Sends the request to the instance that costs least now.
    ///
    /// # Errors
    /// [`CallError::ServiceUnavailable`] when no instance can take it, [`CallError::DeadlineExceeded`].
    pub async fn call(&self, request: Request, deadline: Deadline) -> Result<Response, CallError> {
        let instance = self.choose().ok_or_else(|| CallError::ServiceUnavailable { name: self.name().to_owned() })?;
        let allowed = deadline.remaining();
        if allowed.is_zero() {
            return Err(self.too_late(allowed));
        }
        let running = Running::begin(instance, &*self.0.clock);
        let Some(response) = deadline.bound(running.instance().send(request)).await else {
            running.end(Outcome::Failed);
            return Err(self.too_late(allowed));
        };
        running.end(if response.status().is_server_error() { Outcome::Failed } else { Outcome::Answered });
        Ok(response)
    }

    /// Takes all instances out, as if they had died: calls are answered `ServiceUnavailable`. For tests and drills.
    pub fn stop(&self) {
        self.0.instances.load().iter().for_each(|instance| instance.stop());
    }

    /// Ends what [`ServiceHandle::stop`] began.
    pub fn resume(&self) {
        self.0.instances.load().iter().for_each(|instance| instance.resume());
    }

    /// Whether any instance takes calls.
    pub fn is_available(&self) -> bool {
        self.0.instances.load().iter().any(|instance| instance.is_up())
    }

    pub fn report(&self) -> ServiceReport {
        let now = self.0.clock.now();
        ServiceReport {
            name: self.name().to_owned(),
            health: if self.is_available() { InstanceHealth::Up } else { InstanceHealth::Down },
            instances: self.0.instances.load().iter().map(|instance| instance.report(now)).collect(),
        }
    }

    fn choose(&self) -> Option<Arc<Instance>> {
        let instances = self.0.instances.load();
        if let [only] = &instances[..] {
            return only.is_up().then(|| only.clone());
        }
        let now = self.0.clock.now();
        let up = instances.iter().filter(|instance| instance.is_up());
        up.min_by(|one, other| one.cost(now).total_cmp(&other.cost(now))).cloned()
    }

    fn too_late(&self, after: Duration) -> CallError {
        CallError::DeadlineExceeded { name: self.name().to_owned(), after }
    }
}

impl fmt::Debug for ServiceHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceHandle").field("name", &self.name()).finish_non_exhaustive()
    }
}
