//! Answers that are kept in the process's cache, and what ends them.

pub mod lasting;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use banyan_cache::{Cache, Failed, Key, Options, Realm, Region};
use banyan_kernel::{Actor, Caller, Uuid};
use banyan_store::{Commits, Rows, Store, StoreError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Host, Problem};

pub use lasting::Lasting;

/// Writes end what is kept; this is for rows that something else than Banyan changes.
const FRESH_FOR: Duration = Duration::from_secs(600);

impl Host {
    /// The process's cache; none where the server gave none.
    pub fn cache(&self) -> Option<Cache> {
        self.resource::<Cache>()
    }
}

/// One kind of answer about people's own rows, such as pages of their goals. Cheap to clone.
pub struct Own<T> {
    store: Store,
    /// None where the process keeps nothing.
    region: Option<Region<T>>,
}

impl<T> Own<T> {
    /// `name` is that of the cache's region; `version` grows with the type.
    pub fn of(host: &Host, name: &'static str, version: u32) -> Self {
        let region = host.cache().map(|cache| cache.region(name, version, Options::fresh_for(FRESH_FOR)));
        Self { store: host.store.clone(), region }
    }
}

impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Own<T> {
    /// What is kept of the owner's rows for the caller, else what `load` finds by her rows. `text` holds everything that the answer depends on. Of other
    /// people's rows nothing is kept: they are seen while a grant lasts, which may end without a write.
    ///
    /// # Errors
    /// Those of `load`, and [`StoreError::DeadlineExceeded`] when it does not end.
    pub async fn get<E, F, Fut>(&self, caller: &Caller, owner: Uuid, text: String, load: F) -> Result<T, Problem>
    where
        E: Into<Problem> + Send + 'static,
        F: FnOnce(Rows) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let region = self.region.as_ref().filter(|_| caller.user_id() == Some(owner));
        let rows = self.store.bind(caller);
        let Some(region) = region else { return load(rows).await.map_err(Into::into) };
        match region.get_or(&own(self.store.service(), caller, text), move || load(rows)).await {
            Ok(value) => Ok(Arc::unwrap_or_clone(value)),
            Err(Failed::Load(error)) => Err(error.into()),
            Err(Failed::Unfinished) => Err(StoreError::DeadlineExceeded.into()),
        }
    }
}

impl<T> Clone for Own<T> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), region: self.region.clone() }
    }
}

impl<T> fmt::Debug for Own<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own").field("region", &self.region).finish_non_exhaustive()
    }
}

/// What a person sees of their own rows in a service: it ends with each write of theirs, and of those who may write others' rows.
fn own(service: &str, caller: &Caller, text: impl Into<String>) -> Key {
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
