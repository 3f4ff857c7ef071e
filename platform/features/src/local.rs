//! Flags as this process asks for them.

use std::sync::Arc;

use banyan_kernel::{Clock, Uuid};

use crate::{Context, Features, Snapshot};

/// The flags of this process, with the environment that it stands in and its clock. The server gives it to services and to the front door.
#[derive(Clone, Debug)]
pub struct LocalFlags {
    pub features: Features,
    /// Such as `production`.
    pub environment: Arc<str>,
    clock: Arc<dyn Clock>,
}

impl LocalFlags {
    pub fn new(features: Features, environment: &str, clock: Arc<dyn Clock>) -> Self {
        Self { features, environment: environment.into(), clock }
    }

    /// The tenant's flags as they are now: one state for all that is asked of it.
    pub fn of(&self, tenant: Uuid) -> Option<Arc<Snapshot>> {
        self.features.get(tenant, &self.environment)
    }

    /// Whether a flag is on, now. One that is not there is off.
    pub fn enabled(&self, tenant: Uuid, key: &str, context: &Context) -> bool {
        let Some(snapshot) = self.of(tenant) else { return false };
        if context.current_time.is_some() || !snapshot.needs_time(key) {
            return snapshot.enabled(key, context);
        }
        snapshot.enabled(key, &context.clone().at(self.clock.now()))
    }

    /// The context as of now.
    pub fn now(&self, context: Context) -> Context {
        context.at(self.clock.now())
    }
}
