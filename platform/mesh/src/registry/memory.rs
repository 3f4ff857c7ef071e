//! A registry in this process.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use banyan_kernel::{Clock, Timestamp};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::{HOLDS, MOST, Registration, RegistryError, RegistryStore};

/// Registrations in memory, forgotten with the process.
pub struct MemoryRegistry {
    clock: Arc<dyn Clock>,
    begun: Timestamp,
    kept: Mutex<BTreeMap<String, Kept>>,
    /// Services of which somebody has registered while the registry was young.
    seen: Mutex<BTreeSet<String>>,
    version: watch::Sender<u64>,
}

struct Kept {
    registration: Registration,
    until: Timestamp,
}

impl MemoryRegistry {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let begun = clock.now();
        Self { clock, begun, kept: Mutex::default(), seen: Mutex::default(), version: watch::Sender::new(0) }
    }

    /// Whether who was registered before a restart may not have come again yet.
    fn is_young(&self, now: Timestamp) -> bool {
        now.seconds_since(self.begun) < HOLDS.as_secs().cast_signed()
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
        if self.is_young(now) {
            self.seen.lock().extend(registration.services.iter().cloned());
        }
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
        let found: Vec<_> = live.filter(|one| one.services.iter().any(|name| name == service)).cloned().collect();
        // "Nobody" would take everybody out who will be here again in a moment.
        if found.is_empty() && self.is_young(now) && !self.seen.lock().contains(service) {
            return Err(RegistryError::Young);
        }
        Ok(found)
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
