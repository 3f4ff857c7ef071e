//! Values of one type.

mod find;
mod load;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cache::{Cache, Known, Reach};
use crate::key::{Key, Realm, stamp_of_key, stamp_of_region};
use crate::options::{Freshness, Options};
use crate::remote::Change;
use crate::stats::{Counts, Event};

use find::{Asked, Found};

/// Nothing could be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failed<E> {
    /// The load's own error.
    #[error(transparent)]
    Load(#[from] E),
    /// The load took too long, or ended without a word.
    #[error("loading took too long")]
    Unfinished,
}

/// Values of one type, with how they are kept. Cheap to clone.
pub struct Region<T> {
    cache: Cache,
    name: &'static str,
    version: u32,
    options: Options,
    counts: Arc<Counts>,
    stamp: Arc<[u8]>,
    values: PhantomData<fn() -> T>,
}

impl<T> Region<T> {
    pub(crate) fn new(cache: Cache, name: &'static str, version: u32, options: Options, counts: Arc<Counts>) -> Self {
        Self { cache, name, version, options, counts, stamp: stamp_of_region(name).into(), values: PhantomData }
    }

    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Ends the value of this key, on all nodes.
    pub async fn remove(&self, key: &Key) -> Reach {
        let Some(name) = key.name(self.name, self.version) else { return Reach::Everywhere };
        let reach = self.cache.change(self.change_of(stamp_of_key(&name).into())).await;
        self.cache.0.memory.remove(&name);
        reach
    }

    /// Ends the values of the realm whose keys' texts are what `pattern` says, whoever they belong to: `*` is any characters, `?` one. It costs
    /// the same for one value and for a million; 64 such removals are remembered, and what is older than those ends with the next one.
    pub async fn remove_matching(&self, realm: Realm, pattern: &str) -> Reach {
        let mut change = self.change_of(self.stamp.clone());
        if matches!(self.cache.0.company, Known::Alone | Known::Apart) {
            let cell = self.cache.0.cells.of(&self.stamp);
            self.cache.0.patterns.remove(self.name, &cell, change.stamp, realm, pattern);
            return if matches!(self.cache.0.company, Known::Alone) { Reach::Everywhere } else { Reach::HereOnly };
        }
        change.pattern = Some((self.name, realm.text(), pattern.to_owned()));
        self.cache.change(change).await
    }

    /// As [`Region::remove_matching`], of texts that begin with `prefix`, which stands for itself.
    pub async fn remove_prefix(&self, realm: Realm, prefix: &str) -> Reach {
        if prefix.contains(['*', '?']) {
            // Such a prefix cannot be said: more ends than was asked for.
            let literal = prefix.split(['*', '?']).next().unwrap_or_default();
            return self.remove_matching(realm, &format!("{literal}*")).await;
        }
        self.remove_matching(realm, &format!("{prefix}*")).await
    }

    /// Ends all values of the region, on all nodes.
    pub async fn clear(&self) -> Reach {
        self.cache.change(self.change_of(self.stamp.clone())).await
    }

    fn change_of(&self, name: Arc<[u8]>) -> Change {
        Change { names: vec![name], stamp: self.cache.0.stamps.next(), pattern: None }
    }
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Region<T> {
    /// The value of the key: from memory, from Redis, or by `load`, of which at most one runs for a key in this process, and hardly more on all
    /// nodes. The load goes on if nobody waits for it any longer.
    ///
    /// `load` must read what the key's caller may see and nothing else, and start its reading when it is polled.
    ///
    /// # Errors
    /// The load's own, where no older value may be answered; or that it took too long.
    pub async fn get_or<E, F, Fut>(&self, key: &Key, load: F) -> Result<Arc<T>, Failed<E>>
    where
        E: Send + 'static,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let load = || async move { load().await.map(Some) };
        // A load that gives something leaves nothing absent; what another program kept as absent cannot be read as this.
        self.get_or_absent(key, load).await?.ok_or(Failed::Unfinished)
    }

    /// As [`Region::get_or`], for what may not be there, which is remembered, too.
    ///
    /// # Errors
    /// As [`Region::get_or`].
    pub async fn get_or_absent<E, F, Fut>(&self, key: &Key, load: F) -> Result<Option<Arc<T>>, Failed<E>>
    where
        E: Send + 'static,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<Option<T>, E>> + Send + 'static,
    {
        let Some(asked) = Asked::of(self, key) else { return self.pass(load).await };
        if let Some(found) = self.in_memory(&asked) {
            self.counts.count(Event::Memory);
            return Ok(self.used(&asked, &found, load));
        }
        match self.find(&asked).await {
            Found::Nobody => self.pass(load).await,
            Found::Value(found, event) => {
                self.counts.count(event);
                Ok(self.used(&asked, &found, load))
            }
            Found::Nothing(standing) => {
                self.counts.count(Event::Miss);
                self.load(asked, standing, load).await
            }
        }
    }

    /// Whether a hit in this process must be asserted by the shared part.
    fn is_asserted(&self) -> bool {
        match (&self.cache.0.company, self.options.freshness) {
            (Known::Alone, _) | (_, Freshness::ByAge) => false,
            (Known::Apart | Known::Shared(_), Freshness::OwnWrites | Freshness::Soon) => true,
        }
    }
}

impl<T> Clone for Region<T> {
    fn clone(&self) -> Self {
        Self {
            cache: self.cache.clone(),
            name: self.name,
            version: self.version,
            options: self.options,
            counts: self.counts.clone(),
            stamp: self.stamp.clone(),
            values: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Region<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Region").field("name", &self.name).field("version", &self.version).finish_non_exhaustive()
    }
}
