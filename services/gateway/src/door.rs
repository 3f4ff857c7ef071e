//! The front door of this process, as the control plane needs it. The server has both and brings them together.

use std::fmt;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use serde::Serialize;
use serde_json::{Map, Value};

pub use crate::entity::entry::Kind;

use crate::cache::{Purge, Purging};

/// The front door.
pub trait Door: Send + Sync {
    /// Takes routes and upstreams of migrations, in the form of a route file, beside those of its own file.
    ///
    /// # Errors
    /// What is wrong with them, for the log; then those before go on.
    fn follow(&self, routes: &str) -> Result<(), String>;

    /// Takes what operators stored, beside the file and the migrations. What does not fit is left out.
    fn store(&self, entries: &[Entry]);

    /// What [`Door::store`] would leave out; nothing is changed.
    fn check(&self, entries: &[Entry]) -> Vec<EntryFault>;

    /// What is left out now.
    fn refused(&self) -> Vec<EntryFault>;

    /// What each split saw: its `name`, `generation`, `rolledBack` and the rest of its report.
    fn splits(&self) -> Vec<Value>;

    /// The paths that were asked for, by template.
    fn observed(&self) -> Vec<Value>;

    /// Forgets kept answers.
    fn purge(&self, purge: Purge) -> Purging;

    /// What is kept, and how often it helped.
    fn cache_stats(&self) -> Value;
}

/// A route or an upstream in the words of the route file.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub kind: Kind,
    pub name: String,
    pub definition: Map<String, Value>,
}

/// Why an entry is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = GatewayEntryFault)]
pub struct EntryFault {
    pub kind: Kind,
    pub name: String,
    /// The key of the definition, such as `timeout` or `endpoints[0]`; empty where it is all of it.
    pub key: String,
    pub reason: String,
    /// What would do.
    pub remedy: String,
}

impl EntryFault {
    /// As a problem names it.
    pub(crate) fn field(&self) -> String {
        match self.key.as_str() {
            "" => "definition".to_owned(),
            "name" => "name".to_owned(),
            key => format!("definition.{key}"),
        }
    }
}

/// A door that opens after the services are there.
#[derive(Clone, Default)]
pub struct DoorLink(Arc<Inner>);

#[derive(Default)]
struct Inner {
    door: OnceLock<Arc<dyn Door>>,
    /// The version that it was told last.
    told: Mutex<i64>,
}

impl DoorLink {
    /// Once; a second door is not taken.
    pub fn connect(&self, door: Arc<dyn Door>) {
        let _first = self.0.door.set(door);
    }

    pub(crate) fn get(&self) -> Option<&dyn Door> {
        self.0.door.get().map(|door| &**door)
    }

    /// Tells the door what is stored, unless it was told something newer meanwhile.
    pub(crate) fn tell(&self, version: i64, routes: &str, entries: &[Entry]) {
        let Some(door) = self.get() else { return };
        let mut told = self.0.told.lock();
        if version < *told {
            return;
        }
        if let Err(fault) = door.follow(routes) {
            tracing::error!(fault, "the door keeps its routes: those of the migrations cannot be taken");
        }
        door.store(entries);
        *told = version;
    }
}

impl fmt::Debug for DoorLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DoorLink").field("connected", &self.0.door.get().is_some()).finish()
    }
}
