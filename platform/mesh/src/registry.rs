//! The registry: instances say where they are, again and again, and are forgotten when they fall silent.
//!
//! [`MemoryRegistry`] is for one node, or for one that the others ask over HTTP ([`router`], [`RemoteRegistry`]). Why, and what comes for
//! many: `docs/adr`.

mod memory;
mod remote;
mod serve;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::Uri;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::error::CallError;
use crate::place::{Endpoint, Place};
use crate::service::Found;
use crate::upstream::check::wrong_uri;

pub use memory::MemoryRegistry;
pub use remote::RemoteRegistry;
pub use serve::router;

/// The name under which registry calls are signed.
pub const REGISTRY: &str = "mesh-registry";

/// How long a registration holds without a heartbeat; three may be missed.
pub const HOLDS: Duration = Duration::from_secs(15);
pub const HEARTBEAT: Duration = Duration::from_secs(5);

/// The most instances that a registry keeps.
const MOST: usize = 10_000;

/// One instance, as it says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Registration {
    /// Unique in the cluster, 1 to 120 letters, digits, `-`, `_`, `.` and `:`.
    pub id: String,
    /// What it answers, by name.
    pub services: Vec<String>,
    /// `http://host:port` or `https://host:port`.
    pub address: String,
    pub region: String,
    pub data_centre: String,
    /// 0 to 1, if it knows.
    #[serde(default)]
    pub load: Option<f64>,
    /// Its share among the others, 1 to 1,000.
    #[serde(default = "one")]
    pub weight: u32,
    /// Of the program.
    #[serde(default)]
    pub version: String,
}

const fn one() -> u32 {
    1
}

/// Where registrations are kept. Raw operations; checking and heartbeats are above.
#[async_trait]
pub trait RegistryStore: Send + Sync {
    /// Keeps or renews a registration for that long.
    ///
    /// # Errors
    /// When it cannot be kept.
    async fn put(&self, registration: &Registration, holds: Duration) -> Result<(), RegistryError>;

    /// Forgets it; one that is not there is forgotten already.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn remove(&self, id: &str) -> Result<(), RegistryError>;

    /// Who answers as the service now.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn list(&self, service: &str) -> Result<Vec<Registration>, RegistryError>;

    /// Moves at each change, if the store can tell.
    fn changes(&self) -> Option<watch::Receiver<u64>> {
        None
    }
}

/// Why the registry did not do it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RegistryError {
    #[error("`{field}`: {reason}; {remedy}")]
    Invalid { field: &'static str, reason: &'static str, remedy: &'static str },
    #[error("the registry is full ({0} instances)")]
    Full(usize),
    /// It has just begun, and knows nobody of this service yet.
    #[error("the registry has just begun; ask again in a moment")]
    Young,
    #[error("the registry cannot be reached: {0}")]
    Unreachable(#[from] CallError),
    /// Where it is kept, nobody answers.
    #[error("the registry cannot be reached")]
    Unavailable,
    #[error("the registry answered {0}")]
    Refused(http::StatusCode),
    #[error("the registry's answer cannot be read")]
    Unreadable,
}

impl Registration {
    /// # Errors
    /// The first field that does not fit.
    pub fn check(&self) -> Result<(), RegistryError> {
        let invalid = |field, reason, remedy| Err(RegistryError::Invalid { field, reason, remedy });
        if !is_name(&self.id, 120) {
            return invalid("id", "this is no id", "use 1 to 120 letters, digits, `-`, `_`, `.` or `:`");
        }
        if self.services.is_empty() || self.services.len() > 100 || !self.services.iter().all(|name| is_name(name, 60)) {
            return invalid(
                "services",
                "these are no services",
                "name 1 to 100, each of 1 to 60 letters, digits, `-`, `_` or `.`",
            );
        }
        let Ok(uri) = self.address.parse::<Uri>() else {
            return invalid("address", "this is no address", "write it as `http://host:port`");
        };
        if let Some((reason, remedy)) = wrong_uri(&uri) {
            return invalid("address", reason, remedy);
        }
        if !is_name(&self.region, 60) || !is_name(&self.data_centre, 60) {
            return invalid("region", "region or data centre is no name", "use 1 to 60 letters, digits, `-`, `_` or `.`");
        }
        if self.load.is_some_and(|load| !(0.0..=1.0).contains(&load)) {
            return invalid("load", "this is no load", "use 0 (idle) to 1 (full)");
        }
        if !(1..=Endpoint::MOST_WEIGHT).contains(&self.weight) {
            return invalid("weight", "the weight is out of range", "use 1 to 1000");
        }
        if self.version.len() > 60 {
            return invalid("version", "it is too long", "use 60 bytes at most");
        }
        Ok(())
    }

    pub(crate) fn found(&self) -> Option<Found> {
        let uri = self.address.parse().ok()?;
        let endpoint = Endpoint { uri, weight: self.weight, place: Place::new(&self.region, &self.data_centre) };
        Some(Found { id: Some(self.id.as_str().into()), endpoint, address: None, load: self.load })
    }
}

fn is_name(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}

/// Registers what `present` says, again each [`HEARTBEAT`], until dropped. Deregister afterwards, or others try the address until the
/// registration ends.
pub async fn keep_registered(store: Arc<dyn RegistryStore>, present: impl Fn() -> Registration + Send) {
    loop {
        let registration = present();
        if let Err(error) = store.put(&registration, HOLDS).await {
            tracing::warn!(id = registration.id, %error, "could not register");
        }
        sleep(HEARTBEAT).await;
    }
}

#[cfg(test)]
mod tests;
