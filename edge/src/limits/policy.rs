//! How much who may: the operator's word goes before the application's, and that before the defaults.

use std::collections::BTreeMap;

use banyan_kernel::application::Manifest;

use super::quota::Quota;
use crate::request::TenantEntry;

/// Which limits there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RateLimits {
    /// `BANYAN_RATE_LIMITS=off`: for tests and measurements.
    Off,
    On(LimitPolicy),
}

impl Default for RateLimits {
    fn default() -> Self {
        Self::On(LimitPolicy::default())
    }
}

/// What the operator says of limits. All of it may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitPolicy {
    pub classes: BTreeMap<String, ClassRules>,
    /// By the tenant's name; goes before `classes`.
    pub tenants: BTreeMap<String, TenantRules>,
}

/// What holds for one class of routes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassRules {
    /// Those who are not signed in, for each address; and the plan `free`.
    pub anonymous: Option<Quota>,
    /// Those who are signed in and whose plan is not known, each.
    pub user: Option<Quota>,
    /// All of a tenant together. Default: no limit.
    pub tenant: Option<Quota>,
    /// Those who have the plan, each.
    pub plans: BTreeMap<String, Quota>,
    /// What becomes of requests while the nodes cannot count together.
    pub when_apart: Option<WhenApart>,
}

/// What holds for one tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantRules {
    /// The plan of those who have none of their own.
    pub plan: Option<String>,
    pub classes: BTreeMap<String, ClassRules>,
}

/// What a class does while Redis does not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenApart {
    /// Each node counts for itself, so that a subject may get its quota once from every node.
    #[default]
    CountAlone,
    /// Requests of the class are answered 503.
    Refuse,
}

/// 100 in 15 minutes.
const API: Quota = fixed(100);
/// 5 in 15 minutes.
const AUTH: Quota = fixed(5);
/// 50 in 15 minutes.
const AI: Quota = fixed(50);
/// 100,000 in 15 minutes, for each address: every instance of a program asks each 15 s, and many stand behind one address.
const FLAGS: Quota = fixed(100_000);
/// 1,000 in 15 minutes: a person who is signed in, where no plan says otherwise.
const USER: Quota = fixed(1_000);

const fn fixed(requests: u32) -> Quota {
    match Quota::new(requests, 900) {
        Some(quota) => quota,
        None => panic!("not a quota"),
    }
}

/// The default of anonymous use.
const fn default_of(class: &str) -> Quota {
    match class.as_bytes() {
        b"auth" => AUTH,
        b"ai" => AI,
        b"flags" => FLAGS,
        _ => API,
    }
}

impl LimitPolicy {
    /// The quota of one caller: of an address (`person` is none), or of somebody who is signed in, with or without a plan.
    pub(crate) fn own(&self, class: &str, tenant: &TenantEntry, person: Option<&Person<'_>>) -> Quota {
        let manifest = tenant.tenant.application.manifest();
        let Some(person) = person else { return self.anonymous(class, tenant, manifest) };
        let plan = person.plan.filter(|plan| self.knows(plan, manifest));
        let plan = plan.or_else(|| self.tenants.get(&*tenant.tenant.name).and_then(|rules| rules.plan.as_deref()));
        match plan {
            Some(plan) => self.planned(class, plan, tenant, manifest),
            None => self.unplanned(class, tenant, manifest),
        }
    }

    /// The quota of all of a tenant together.
    pub(crate) fn together(&self, class: &str, tenant: &TenantEntry) -> Option<Quota> {
        self.said(class, tenant, |rules| rules.tenant)
    }

    pub(crate) fn when_apart(&self, class: &str, tenant: &TenantEntry) -> WhenApart {
        self.said(class, tenant, |rules| rules.when_apart).unwrap_or_default()
    }

    /// Whether somebody speaks of the class, so that a service may have one of its own.
    pub(crate) fn speaks_of(&self, class: &str, tenant: &TenantEntry) -> bool {
        self.said(class, tenant, Some).is_some() || tenant.tenant.application.manifest().rate_limits.contains_key(class)
    }

    fn anonymous(&self, class: &str, tenant: &TenantEntry, manifest: &Manifest) -> Quota {
        let of_manifest = || manifest.rate_limits.get(class).copied().and_then(Quota::of_manifest);
        self.said(class, tenant, |rules| rules.anonymous).or_else(of_manifest).unwrap_or_else(|| default_of(class))
    }

    fn unplanned(&self, class: &str, tenant: &TenantEntry, manifest: &Manifest) -> Quota {
        if let Some(said) = self.said(class, tenant, |rules| rules.user) {
            return said;
        }
        let anonymous = self.anonymous(class, tenant, manifest);
        if class == "api" && USER.is_larger_than(anonymous) { USER } else { anonymous }
    }

    /// A plan that does not speak of the class allows what the application allows everybody.
    fn planned(&self, class: &str, plan: &str, tenant: &TenantEntry, manifest: &Manifest) -> Quota {
        if let Some(said) = self.said(class, tenant, |rules| rules.plans.get(plan).copied()) {
            return said;
        }
        let of_plan = manifest.plans.iter().find(|known| known.key == plan);
        let limit = of_plan.and_then(|known| known.rate_limits.get(class)).copied().and_then(Quota::of_manifest);
        limit.unwrap_or_else(|| self.anonymous(class, tenant, manifest))
    }

    fn knows(&self, plan: &str, manifest: &Manifest) -> bool {
        manifest.plans.iter().any(|known| known.key == plan)
            || self.classes.values().any(|rules| rules.plans.contains_key(plan))
            || self.tenants.values().flat_map(|tenant| tenant.classes.values()).any(|rules| rules.plans.contains_key(plan))
    }

    /// The operator's word for the tenant, else for all.
    fn said<'p, T: 'p>(&'p self, class: &str, tenant: &TenantEntry, of: impl Fn(&'p ClassRules) -> Option<T>) -> Option<T> {
        let of_tenant = self.tenants.get(&*tenant.tenant.name).and_then(|rules| rules.classes.get(class));
        of_tenant.and_then(&of).or_else(|| self.classes.get(class).and_then(&of))
    }
}

/// Somebody who is signed in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person<'a> {
    pub(crate) plan: Option<&'a str>,
}
