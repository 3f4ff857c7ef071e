//! Whose connections there are.

use std::sync::Arc;

use ahash::HashMap;
use banyan_kernel::Uuid;

use super::{Hub, Link, Who};
use crate::protocol::Disconnect;
use crate::settings::Settings;

#[derive(Default)]
pub(super) struct People {
    of_person: HashMap<(Uuid, Uuid), Vec<Uuid>>,
    of_tenant: HashMap<Uuid, usize>,
}

/// A person or a tenant has as many connections as may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl People {
    pub(super) fn left(&mut self, tenant: Uuid, user: Uuid, id: Uuid) {
        let Some(all) = self.of_person.get_mut(&(tenant, user)) else { return };
        let before = all.len();
        all.retain(|one| *one != id);
        let gone = before - all.len();
        if all.is_empty() {
            self.of_person.remove(&(tenant, user));
        }
        if let Some(count) = self.of_tenant.get_mut(&tenant) {
            *count -= gone;
            if *count == 0 {
                self.of_tenant.remove(&tenant);
            }
        }
    }
}

impl Hub {
    /// The connection is somebody's from now on.
    pub(crate) fn identify(&self, link: &Link, who: Arc<Who>, settings: &Settings) -> Result<(), TooMany> {
        let (tenant, user) = (who.caller.tenant, who.user);
        let mut people = self.people.lock();
        let own = people.of_person.get(&(tenant, user)).map_or(0, Vec::len);
        let all = people.of_tenant.get(&tenant).copied().unwrap_or_default();
        if own >= settings.connections_per_person || all >= settings.connections_per_tenant {
            return Err(TooMany);
        }
        people.of_person.entry((tenant, user)).or_default().push(link.id);
        *people.of_tenant.entry(tenant).or_default() += 1;
        drop(people);
        link.is(who);
        Ok(())
    }

    /// Closes a person's connections, or one of them.
    pub(crate) fn disconnect(&self, tenant: Uuid, user: Uuid, client: Option<Uuid>, why: Disconnect) {
        let all = self.people.lock().of_person.get(&(tenant, user)).cloned().unwrap_or_default();
        for id in all.into_iter().filter(|id| client.is_none_or(|client| client == *id)) {
            let link = self.links[self.part(&id)].lock().get(&id).cloned();
            if let Some(link) = link {
                link.outbox.close(why);
            }
        }
    }
}
