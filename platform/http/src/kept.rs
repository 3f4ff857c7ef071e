//! Answers that are kept in the process's cache, and what ends them.

use std::pin::Pin;
use std::sync::Arc;

use banyan_cache::{Cache, Key, Realm};
use banyan_kernel::{Actor, Caller, Uuid};
use banyan_store::{Commits, Store};

use crate::Host;

impl Host {
    /// The process's cache; none where the server gave none.
    pub fn cache(&self) -> Option<Cache> {
        self.resource::<Cache>()
    }
}

/// What a person sees of their own rows in a service: it ends with each write of theirs, and of those who may write others' rows.
///
/// Not for rows of others, which grants show and take away as time goes.
pub fn own(service: &str, caller: &Caller, text: impl Into<String>) -> Key {
    let key = Key::of_caller(caller, text).tagged(tag_of_all(service));
    match caller.user_id() {
        Some(user) => key.tagged(tag_of(service, user)),
        None => key,
    }
}

/// Ends what was kept of a service's rows with each commit, before whoever wrote is answered. Every process that writes needs it.
pub fn end_by_commits(store: &Store, cache: &Cache) {
    store.tell_of_commits(Arc::new(Ends { cache: cache.clone(), service: store.service() }));
}

fn tag_of_all(service: &str) -> String {
    format!("rows:{service}")
}

fn tag_of(service: &str, user: Uuid) -> String {
    format!("rows:{service}:{}", user.simple())
}

struct Ends {
    cache: Cache,
    service: &'static str,
}

impl Commits for Ends {
    fn committed<'a>(&'a self, caller: &'a Caller) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            let tag = match caller.actor {
                Actor::User(user) if caller.elevation().is_none() => tag_of(self.service, user),
                // The service itself, and those who act beyond their own rows: anybody's may have changed.
                Actor::User(_) | Actor::System(_) | Actor::Anonymous => tag_of_all(self.service),
            };
            // What did not reach the others is made up for by the cache.
            let _reach = self.cache.invalidate(Realm::Tenant(caller.tenant), &[&tag]).await;
        })
    }
}
