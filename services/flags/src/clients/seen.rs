//! Which programs ask, as they say themselves when they start. Of this process, since it started.

use std::collections::{BTreeMap, HashMap};

use banyan_kernel::{Timestamp, Uuid};
use parking_lot::Mutex;

/// Programs of a tenant that are remembered; the one that was not heard of for the longest time makes room.
const MOST: usize = 200;

/// A program of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Application {
    pub(crate) name: String,
    pub(crate) environment: String,
    /// Such as `unleash-node-sdk:6.12.1`.
    pub(crate) sdk: Option<String>,
    pub(crate) last_seen: Timestamp,
}

/// By name and environment.
type Applications = BTreeMap<(String, String), Application>;

/// The programs of all tenants.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<HashMap<Uuid, Applications>>);

impl Seen {
    pub(crate) fn note(&self, tenant: Uuid, application: Application) {
        let mut seen = self.0.lock();
        let applications = seen.entry(tenant).or_default();
        let key = (application.name.clone(), application.environment.clone());
        if applications.len() >= MOST && !applications.contains_key(&key) {
            let oldest = applications.iter().min_by_key(|(_, known)| known.last_seen).map(|(key, _)| key.clone());
            oldest.and_then(|oldest| applications.remove(&oldest));
        }
        applications.insert(key, application);
    }

    /// Those of a tenant, by name and environment.
    pub(crate) fn of(&self, tenant: Uuid) -> Vec<Application> {
        self.0.lock().get(&tenant).map(|applications| applications.values().cloned().collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_room() {
        let (seen, tenant) = (Seen::default(), Uuid::from_u128(1));
        for number in 0..=MOST {
            let last_seen = Timestamp::from_seconds(i64::try_from(number).unwrap());
            let name = format!("app-{number:04}");
            seen.note(tenant, Application { name, environment: "production".into(), sdk: None, last_seen });
        }
        let known = seen.of(tenant);
        assert_eq!((known.len(), known[0].name.as_str()), (MOST, "app-0001"));
        assert!(seen.of(Uuid::nil()).is_empty());
    }
}
