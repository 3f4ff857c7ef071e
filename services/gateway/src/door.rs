//! The front door of this process, as the control plane needs it. The server has both and brings them together.

use std::fmt;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

/// The front door.
pub trait Door: Send + Sync {
    /// Takes routes and upstreams, in the form of a route file, beside those of its own file.
    ///
    /// # Errors
    /// What is wrong with them, for the log; then those before go on.
    fn follow(&self, routes: &str) -> Result<(), String>;

    /// What each split saw: its `name`, `generation`, `rolledBack` and the rest of its report.
    fn splits(&self) -> Vec<Value>;

    /// The paths that were asked for, by template.
    fn observed(&self) -> Vec<Value>;
}

/// A door that opens after the services are there.
#[derive(Clone, Default)]
pub struct DoorLink(Arc<OnceLock<Arc<dyn Door>>>);

impl DoorLink {
    /// Once; a second door is not taken.
    pub fn connect(&self, door: Arc<dyn Door>) {
        let _first = self.0.set(door);
    }

    pub(crate) fn get(&self) -> Option<&dyn Door> {
        self.0.get().map(|door| &**door)
    }
}

impl fmt::Debug for DoorLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DoorLink").field("connected", &self.0.get().is_some()).finish()
    }
}
