//! The tenants as the door knows them: identity's own list, with what the door needs of their applications.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use banyan_edge::{TenantEntry, Tenants};
use banyan_http::Tenant;
use banyan_identity::{Identity, TenantInfo};
use banyan_kernel::{Applications, Uuid};
use banyan_locale::Catalogues;

/// Asks identity at each request, which has all tenants in memory, and keeps what was made of them.
pub(crate) struct KnownTenants {
    identity: Identity,
    applications: Arc<Applications>,
    catalogues: Arc<Catalogues>,
    made: ArcSwap<HashMap<Uuid, Made>>,
    /// The tenant of requests that name none; it was there when the door opened.
    default: Arc<TenantEntry>,
}

#[derive(Clone)]
struct Made {
    of: TenantInfo,
    entry: Arc<TenantEntry>,
}

/// The tenant of the default application is not there.
#[derive(Debug, thiserror::Error)]
#[error("the tenant `{0}` of the default application is missing")]
pub(crate) struct NoDefaultTenant(String);

impl KnownTenants {
    pub(crate) fn new(
        identity: Identity,
        applications: Arc<Applications>,
        catalogues: Arc<Catalogues>,
    ) -> Result<Self, NoDefaultTenant> {
        let name = applications.default_application().name();
        let info = identity.tenant_named(name).ok_or_else(|| NoDefaultTenant(name.to_owned()))?;
        let default = make(&info, &applications, &catalogues).ok_or_else(|| NoDefaultTenant(name.to_owned()))?;
        Ok(Self { identity, applications, catalogues, made: ArcSwap::default(), default })
    }

    fn entry(&self, info: TenantInfo) -> Option<Arc<TenantEntry>> {
        if let Some(made) = self.made.load().get(&info.id).filter(|made| made.of == info) {
            return Some(made.entry.clone());
        }
        let entry = make(&info, &self.applications, &self.catalogues)?;
        let made = Made { of: info, entry: entry.clone() };
        self.made.rcu(|all| {
            let mut all = HashMap::clone(all);
            all.insert(made.of.id, made.clone());
            all
        });
        Some(entry)
    }
}

/// A tenant of an application that this binary does not carry is out of reach.
fn make(info: &TenantInfo, applications: &Applications, catalogues: &Arc<Catalogues>) -> Option<Arc<TenantEntry>> {
    let Some(application) = applications.get(&info.application) else {
        tracing::error!(tenant = %info.name, application = %info.application, "this program does not carry the tenant's application");
        return None;
    };
    let tenant = Tenant { id: info.id, name: info.name.clone(), application: application.clone() };
    match TenantEntry::new(tenant, catalogues) {
        Ok(entry) => Some(Arc::new(entry)),
        Err(error) => {
            tracing::error!(tenant = %info.name, %error, "the tenant's application offers a language that is not there");
            None
        }
    }
}

impl Tenants for KnownTenants {
    fn named(&self, name: &str) -> Option<Arc<TenantEntry>> {
        self.identity.tenant_named(name).and_then(|info| self.entry(info))
    }

    fn with_id(&self, id: Uuid) -> Option<Arc<TenantEntry>> {
        self.identity.tenant(id).and_then(|info| self.entry(info))
    }

    fn default_tenant(&self) -> Arc<TenantEntry> {
        self.default.clone()
    }
}
