//! Instances that come and go, and rules that change, without disturbing the calls under way.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use tokio::sync::watch;

use super::{Inner, ServiceHandle, State};
use crate::balance::Set;
use crate::instance::{Instance, Transport};
use crate::observer::Change;
use crate::place::{Endpoint, Place};
use crate::remote::Target;
use crate::upstream::{Discovery, Upstream};

/// A remote instance as discovery found it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// The name that it gave itself; else its address.
    pub(crate) id: Option<Arc<str>>,
    pub(crate) endpoint: Endpoint,
    /// Where the endpoint's host was found, if somebody has asked already.
    pub(crate) address: Option<SocketAddr>,
    /// 0 to 1, if it says.
    pub(crate) load: Option<f64>,
}

impl From<Endpoint> for Found {
    fn from(endpoint: Endpoint) -> Self {
        Self { id: None, endpoint, address: None, load: None }
    }
}

impl ServiceHandle {
    pub(crate) fn add_local(&self, router: &Router, place: &Place) {
        self.0.change(|state| {
            let mut instances = state.set.instances.clone();
            let id = format!("{}-{}", self.0.name, instances.len() + 1);
            instances.push(Arc::new(Instance::new(&id, Transport::Local(router.clone()), place.clone(), 1)));
            State { upstream: state.upstream.clone(), set: Set::new(instances) }
        });
    }

    /// New rules; instances that stay keep what is known of them.
    pub(crate) fn declare(&self, upstream: Upstream) {
        let upstream = Arc::new(upstream);
        let found = match &upstream.discovery {
            Discovery::Static(endpoints) => Some(endpoints.iter().cloned().map(Found::from).collect::<Vec<_>>()),
            Discovery::Dns { .. } | Discovery::Srv { .. } | Discovery::Registry => None,
        };
        self.0.change(|state| {
            let instances = match &found {
                Some(found) => self.0.merged(state, &upstream, found),
                // Until the first look at the new place, what was found before does.
                None if same_reach(&state.upstream, &upstream) => {
                    let kept = state.set.instances.clone();
                    kept.iter().filter(|_| upstream.health.is_none()).for_each(|instance| instance.forget_checks());
                    kept
                }
                None => state.locals(),
            };
            State { upstream: upstream.clone(), set: Set::new(instances) }
        });
        self.0.version.send_modify(|version| *version += 1);
    }

    /// No remote instance is left, and nothing looks for any.
    pub(crate) fn retire(&self) {
        self.0.change(|state| State { upstream: Arc::new(super::in_process()), set: Set::new(state.locals()) });
        self.0.version.send_modify(|version| *version += 1);
    }
}

impl Inner {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn upstream(&self) -> Arc<Upstream> {
        self.state.load().upstream.clone()
    }

    pub(crate) fn instances(&self) -> Vec<Arc<Instance>> {
        self.state.load().set.instances.clone()
    }

    /// Sees every change of the rules.
    pub(crate) fn versions(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// Makes the remote instances those that were found, unless they were found by rules that hold no longer.
    pub(crate) fn reconcile(&self, upstream: &Arc<Upstream>, found: &[Found]) {
        self.change(|state| {
            let present = Arc::ptr_eq(&state.upstream, upstream);
            let instances = if present { self.merged(state, upstream, found) } else { state.set.instances.clone() };
            State { upstream: state.upstream.clone(), set: Set::new(instances) }
        });
    }

    fn change(&self, next: impl Fn(&State) -> State) {
        let changing = self.changing.lock();
        let before = self.state.load_full();
        let after = Arc::new(next(&before));
        self.state.store(after.clone());
        drop(changing);
        self.tell_difference(&before, &after);
    }

    fn tell_difference(&self, before: &State, after: &State) {
        let missing_in = |here: &State, one: &Arc<Instance>| !here.set.instances.iter().any(|other| other.id == one.id);
        for gone in before.set.instances.iter().filter(|one| missing_in(after, one)) {
            self.tell(&Change::Went(gone.id.clone()));
        }
        for new in after.set.instances.iter().filter(|one| missing_in(before, one)) {
            // What was found out about the others says nothing about this one.
            self.breaker.hear_of_newcomer();
            self.tell(&Change::Came(new.id.clone()));
        }
    }

    /// The instances of this process and those found. Who stays where it was keeps its connections, its latency and its failures.
    fn merged(&self, state: &State, upstream: &Upstream, found: &[Found]) -> Vec<Arc<Instance>> {
        let now = self.now();
        let same_reach = same_reach(&state.upstream, upstream);
        // Only who joins others starts slowly: if all are new, all are equal.
        let joins = state.set.instances.iter().any(|one| !one.is_local());
        let mut instances = state.locals();
        for one in found {
            let address = one.endpoint.uri.authority().map_or("", |authority| authority.as_str());
            let id = one.id.as_deref().unwrap_or(address);
            if instances.iter().any(|other| other.id.as_str() == id) {
                continue;
            }
            let known = state.set.instances.iter().find(|old| old.id.as_str() == id && same_reach && old.is_reached_at(one));
            let instance = known.cloned().unwrap_or_else(|| {
                let transport = Transport::Remote(Box::new(Target::new(&one.endpoint, one.address, upstream)));
                let new = Instance::new(id, transport, one.endpoint.place.clone(), one.endpoint.weight);
                if joins {
                    new.passive.begin_slowly(now);
                }
                Arc::new(new)
            });
            instance.weigh(one.endpoint.weight);
            instance.report_load(one.load);
            if upstream.health.is_none() {
                instance.forget_checks();
            }
            instances.push(instance);
        }
        instances
    }
}

impl State {
    fn locals(&self) -> Vec<Arc<Instance>> {
        self.set.instances.iter().filter(|one| one.is_local()).cloned().collect()
    }
}

impl Instance {
    fn is_reached_at(&self, found: &Found) -> bool {
        let Transport::Remote(target) = &self.transport else { return false };
        target.is_at(&found.endpoint.uri, found.address) && self.place == found.endpoint.place
    }
}

/// Whether connections made by the one rules fit the others.
fn same_reach(one: &Upstream, other: &Upstream) -> bool {
    let same_tls = match (&one.tls, &other.tls) {
        (None, None) => true,
        (Some(one), Some(other)) => Arc::ptr_eq(&one.config, &other.config) && one.server_name == other.server_name,
        _ => false,
    };
    same_tls && one.protocol == other.protocol && one.reach == other.reach
}
