//! The process's cache, and who else changes what it keeps.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use banyan_cache::{Cache, Company, RedisRemote, RemoteSettings, Sentinels, Settings, Shelf};
use banyan_http::{Service, kept};
use banyan_kernel::{Clock, Random};
use banyan_store::Store;
use banyan_telemetry::Metrics;

use crate::settings::{DatabaseChoice, Loaded};

pub(super) fn of(loaded: &Loaded, metrics: &Metrics, clock: &Arc<dyn Clock>, random: &Arc<dyn Random>) -> Result<Cache> {
    let set = &loaded.settings.cache;
    let settings = Settings {
        memory_bytes: set.memory.0,
        entries: u64::from(set.entries.0),
        deadline: set.redis_deadline.0,
        ..Settings::default()
    };
    let company = match &loaded.database {
        // One process at a time owns the files.
        DatabaseChoice::Sqlite => Company::Alone,
        DatabaseChoice::Postgres(_) => match remote(loaded, &**random)? {
            Some(remote) => Company::Shared(Arc::new(remote)),
            None => Company::Apart,
        },
    };
    let cache = Cache::new(&settings, company, clock.clone(), &**random);
    cache.show(metrics);
    Ok(cache)
}

/// What the front door keeps of whole answers: what one fetched serves all that have the same Redis.
pub(super) fn of_answers(loaded: &Loaded, clock: &Arc<dyn Clock>, random: &dyn Random) -> Result<banyan_edge::Cache> {
    let redis = match &loaded.database {
        DatabaseChoice::Sqlite => None,
        DatabaseChoice::Postgres(_) => redis(loaded, ":http", random)?,
    };
    Ok(match redis {
        Some(redis) => {
            let settings = Settings { deadline: loaded.settings.cache.redis_deadline.0, ..Settings::default() };
            let shelf = Shelf::new(Arc::new(redis), &settings, clock.clone(), random);
            banyan_edge::Cache::sharing(banyan_edge::Cache::BYTES, shelf, clock.clone())
        }
        None => banyan_edge::Cache::new(banyan_edge::Cache::BYTES, clock.clone()),
    })
}

/// Where Redis is, if it is set. Nothing is connected yet.
pub(crate) fn remote(loaded: &Loaded, random: &dyn Random) -> Result<Option<RedisRemote>> {
    redis(loaded, "", random)
}

/// `beside`: for a cache of its own, with changes of its own.
fn redis(loaded: &Loaded, beside: &str, random: &dyn Random) -> Result<Option<RedisRemote>> {
    let set = &loaded.settings.cache;
    let Some(url) = set.redis_url.as_ref().or(loaded.settings.outside.redis_url.as_ref()) else { return Ok(None) };
    let sentinels = Sentinels { addresses: set.redis_sentinels.clone(), group: set.redis_group.clone() };
    let settings = RemoteSettings {
        url: url.0.clone(),
        sentinels: Some(sentinels).filter(|sentinels| !sentinels.addresses.is_empty()),
        cluster: set.redis_cluster.clone(),
        prefix: format!("{}{beside}", set.redis_prefix),
    };
    Ok(Some(RedisRemote::new(&settings, random).context("`cache`")?))
}

/// Also where no server runs: what the command line writes ends what servers keep.
pub(super) fn end_by_commits<'s>(cache: &Cache, services: impl Iterator<Item = (&'s Service, &'s Store)>) {
    for (_, store) in services.filter(|(service, _)| service.keeps()) {
        kept::end_by_commits(store, cache);
    }
}
