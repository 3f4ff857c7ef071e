//! A registry in this process.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use banyan_kernel::{Clock, Timestamp};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::{MOST, Registration, RegistryError, RegistryStore};

/// Registrations in memory, forgotten with the process.
pub struct MemoryRegistry {
    clock: Arc<dyn Clock>,
    kept: Mutex<BTreeMap<String, Kept>>,
    version: watch::Sender<u64>,
}

struct Kept {
    registration: Registration,
    until: Timestamp,
}

impl MemoryRegistry {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, kept: Mutex::default(), version: watch::Sender::new(0) }
    }
}

#[async_trait]
impl RegistryStore for MemoryRegistry {
    async fn put(&self, registration: &Registration, holds: Duration) -> Result<(), RegistryError> {
        registration.check()?;
        let now = self.clock.now();
        let micros = i64::try_from(holds.as_micros()).unwrap_or(i64::MAX);
        let until = Timestamp::from_micros(now.micros().saturating_add(micros));
        let mut kept = self.kept.lock();
        kept.retain(|_, one| one.until > now);
        if kept.len() >= MOST && !kept.contains_key(&registration.id) {
            return Err(RegistryError::Full(MOST));
        }
        let before = kept.insert(registration.id.clone(), Kept { registration: registration.clone(), until });
        drop(kept);
        if before.is_none_or(|before| before.registration != *registration) {
            self.version.send_modify(|version| *version += 1);
        }
        Ok(())
    }

    async fn remove(&self, id: &str) -> Result<(), RegistryError> {
        if self.kept.lock().remove(id).is_some() {
            self.version.send_modify(|version| *version += 1);
        }
        Ok(())
    }

    async fn list(&self, service: &str) -> Result<Vec<Registration>, RegistryError> {
        let (now, kept) = (self.clock.now(), self.kept.lock());
        let live = kept.values().filter(|one| one.until > now).map(|one| &one.registration);
        Ok(live.filter(|one| one.services.iter().any(|name| name == service)).cloned().collect())
    }

    fn changes(&self) -> Option<watch::Receiver<u64>> {
        Some(self.version.subscribe())
    }
}

impl fmt::Debug for MemoryRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRegistry").field("instances", &self.kept.lock().len()).finish_non_exhaustive()
    }
}
