//! The tenants, all of them in memory: each request asks for one by name.

use std::collections::HashMap;
use std::sync::Arc;

use banyan_kernel::Uuid;
use tokio::sync::watch;

use crate::entity::tenant;

/// Whether people may register themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    Open,
    /// By invitation only.
    Closed,
}

impl Registration {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// One tenant of the installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantInfo {
    pub id: Uuid,
    /// As in the host name and in `X-Tenant`.
    pub name: Arc<str>,
    /// The application that it was made from.
    pub application: Arc<str>,
    /// As people read it.
    pub display_name: Arc<str>,
    pub registration: Registration,
}

impl TenantInfo {
    pub(crate) fn of(row: &tenant::Model) -> Self {
        // A word that is not known closes the door.
        let open = row.registration == Registration::Open.word();
        Self {
            id: row.id,
            name: row.name.as_str().into(),
            application: row.application.as_str().into(),
            display_name: row.display_name.as_str().into(),
            registration: if open { Registration::Open } else { Registration::Closed },
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Tenants(watch::Sender<Known>);

#[derive(Debug, Default, PartialEq)]
struct Known {
    by_name: HashMap<Arc<str>, TenantInfo>,
    by_id: HashMap<Uuid, TenantInfo>,
}

impl Tenants {
    pub(crate) fn replace(&self, rows: &[tenant::Model]) {
        let all: Vec<TenantInfo> = rows.iter().map(TenantInfo::of).collect();
        let by_name = all.iter().map(|tenant| (tenant.name.clone(), tenant.clone())).collect();
        let by_id = all.into_iter().map(|tenant| (tenant.id, tenant)).collect();
        let new = Known { by_name, by_id };
        self.0.send_if_modified(|known| {
            let changed = *known != new;
            *known = new;
            changed
        });
    }

    pub(crate) fn named(&self, name: &str) -> Option<TenantInfo> {
        self.0.borrow().by_name.get(name).cloned()
    }

    pub(crate) fn get(&self, id: Uuid) -> Option<TenantInfo> {
        self.0.borrow().by_id.get(&id).cloned()
    }

    /// Completes when the tenants have changed since the last look.
    pub(crate) fn watch(&self) -> TenantsWatch {
        TenantsWatch(self.0.subscribe())
    }

    /// In the order of their names.
    pub(crate) fn all(&self) -> Vec<TenantInfo> {
        let mut all: Vec<TenantInfo> = self.0.borrow().by_id.values().cloned().collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }
}

/// Tells when a tenant was made or changed, here or on another node.
#[derive(Debug)]
pub struct TenantsWatch(watch::Receiver<Known>);

impl TenantsWatch {
    /// Waits for the next change; then ask [`crate::Identity::tenants`]. `None` when the service is gone.
    pub async fn changed(&mut self) -> Option<()> {
        self.0.changed().await.ok()
    }
}

/// A name fits into a host name: lower-case letters, digits and hyphens, a letter first, at most 63 (RFC 1035 §2.3.1).
pub(crate) fn is_tenant_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= 63 && name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.ends_with('-') && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_into_host_names() {
        for name in ["a", "acme", "context-engine", "gym-24"] {
            assert!(is_tenant_name(name), "{name}");
        }
        for name in ["", "Acme", "-a", "a-", "1st", "a.b", "a b", "ä", &"a".repeat(64)] {
            assert!(!is_tenant_name(name), "{name}");
        }
    }
}
