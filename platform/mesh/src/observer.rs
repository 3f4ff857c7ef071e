//! Being told when something changes. How much was called is in [`crate::ServiceReport`]; this is about events.

use crate::call::InstanceId;
use crate::report::BreakerState;

/// Told of changes, on the task where they happen: it must be quick and may not block.
pub trait Observer: Send + Sync {
    fn changed(&self, service: &str, change: &Change);
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// An instance was found.
    Came(InstanceId),
    /// An instance is no longer among those of the service.
    Went(InstanceId),
    /// Active checks find it well again.
    Healthy(InstanceId),
    Unhealthy(InstanceId),
    /// Too many calls failed.
    Ejected(InstanceId),
    Breaker(BreakerState),
    /// The registry or the name server could not be asked; the instances stay as they were.
    DiscoveryFailed,
}
