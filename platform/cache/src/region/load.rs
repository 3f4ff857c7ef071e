//! Loading: once for many, beside those who wait, and with what there is if it fails.

use std::sync::Arc;
use std::time::{Duration, Instant};

use banyan_telemetry::scope;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::find::{Asked, Standing};
use super::{Failed, Region};
use crate::cache::Known;
use crate::envelope;
use crate::flights::{Claim, Erased, Landing, Lead, landing};
use crate::memory::Entry;
use crate::options::Ages;
use crate::remote::{Guarded, Looked};
use crate::stats::Event;

/// How often it is looked whether another node has loaded.
const LOOK: Duration = Duration::from_millis(10);

type Given<T, E> = Result<Option<Arc<T>>, Failed<E>>;

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Region<T> {
    /// Past the cache.
    pub(super) async fn pass<E, F, Fut>(&self, load: F) -> Given<T, E>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Option<T>, E>>,
    {
        self.counts.count(Event::Passed);
        let loaded = timeout(self.options.hard_timeout, self.measured(load)).await;
        Ok(loaded.map_err(|_| Failed::Unfinished)??.map(Arc::new))
    }

    /// The value that was found; near its end it is loaded anew beside the answer.
    pub(super) fn used<E, F, Fut>(&self, asked: &Asked, found: &Entry, load: F) -> Option<Arc<T>>
    where
        E: Send + 'static,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<Option<T>, E>> + Send + 'static,
    {
        if asked.now >= found.ages.eager_at
            && let Claim::Lead(lead) = self.cache.0.flights.claim(&asked.name, &found.stamps)
        {
            self.counts.count(Event::Eager);
            let standing =
                Standing { cells: found.cells.clone(), stamps: found.stamps.to_vec(), hearing: found.hearing, past: None };
            let (region, name) = (self.clone(), asked.name.clone());
            beside(async move { drop(region.fly(&name, standing, lead, load).await) });
        }
        typed(found.value.as_ref())
    }

    pub(super) async fn load<E, F, Fut>(&self, asked: Asked, standing: Standing, load: F) -> Given<T, E>
    where
        E: Send + 'static,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<Option<T>, E>> + Send + 'static,
    {
        let past = standing.past.clone();
        match self.cache.0.flights.claim(&asked.name, &standing.stamps) {
            Claim::Lead(lead) => {
                let (tell, told) = oneshot::channel();
                let region = self.clone();
                beside(async move {
                    let given = region.fly(&asked.name, standing, lead, load).await;
                    let _waits_no_longer = tell.send(given);
                });
                let patience = self.patience(past.is_some());
                match timeout(patience, told).await {
                    Ok(Ok(Ok(given))) => Ok(given),
                    Ok(Ok(Err(error))) => self.stale(past.as_deref()).ok_or(Failed::Load(error)),
                    Ok(Err(_)) | Err(_) => self.stale(past.as_deref()).ok_or(Failed::Unfinished),
                }
            }
            Claim::Wait(watched) => {
                self.counts.count(Event::Waited);
                match timeout(self.patience(past.is_some()), landing(watched)).await {
                    Ok(Landing::Got(value)) => Ok(typed(value.as_ref())),
                    Ok(Landing::Failed) => match self.stale(past.as_deref()) {
                        Some(stale) => Ok(stale),
                        None => self.pass(load).await,
                    },
                    Err(_) => self.stale(past.as_deref()).ok_or(Failed::Unfinished),
                }
            }
            Claim::Alone => self.pass(load).await,
        }
    }

    fn patience(&self, has_past: bool) -> Duration {
        if has_past { self.options.soft_timeout.min(self.options.hard_timeout) } else { self.options.hard_timeout }
    }

    fn stale(&self, past: Option<&Entry>) -> Option<Option<Arc<T>>> {
        let past = past?;
        self.counts.count(Event::Stale);
        Some(typed(past.value.as_ref()))
    }

    /// Loads for all who wait, and keeps what came.
    async fn fly<E, F, Fut>(&self, name: &[u8], standing: Standing, lead: Lead, load: F) -> Result<Option<Arc<T>>, E>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Option<T>, E>>,
    {
        let remote = match &self.cache.0.company {
            Known::Shared(remote) => Some(remote),
            Known::Alone | Known::Apart => None,
        };
        let mut lock = None;
        if let Some(remote) = remote.filter(|_| !self.options.wait_for_others.is_zero()) {
            match self.turn(remote, name, &standing).await {
                Turn::Ours(token) => lock = Some(token),
                Turn::Unknown => {}
                Turn::Came(entry) => {
                    self.cache.0.memory.put(name, entry.clone());
                    lead.land(Landing::Got(entry.value.clone()));
                    return Ok(typed(entry.value.as_ref()));
                }
            }
        }
        let loaded = self.measured(load).await;
        let kept = match loaded {
            Ok(value) => Ok(self.keep(name, &standing, remote, value.map(Arc::new)).await),
            Err(error) => Err(error),
        };
        if let (Some(token), Some(remote)) = (lock, remote) {
            let _gone_by_itself_otherwise = remote.unlock(name, token).await;
        }
        lead.land(match &kept {
            Ok(value) => Landing::Got(value.clone().map(|value| value as Erased)),
            Err(_) => Landing::Failed,
        });
        kept
    }

    /// Whether this node loads, or another one has.
    async fn turn(&self, remote: &Guarded, name: &[u8], standing: &Standing) -> Turn {
        let token = self.cache.0.stamps.next();
        let begun = Instant::now();
        // Long enough for a load that is worth waiting for.
        let lease = self.options.wait_for_others * 2;
        let names: Vec<&[u8]> = standing.cells.iter().map(|cell| &cell.name[..]).collect();
        let mut has_waited = false;
        loop {
            let turn = match remote.lock(name, token, lease).await {
                Ok(true) if has_waited => Some(token),
                Ok(true) => return Turn::Ours(token),
                Err(_) => return Turn::Unknown,
                Ok(false) if begun.elapsed() >= self.options.wait_for_others => return Turn::Unknown,
                Ok(false) => None,
            };
            if turn.is_none() {
                has_waited = true;
                sleep(LOOK).await;
            }
            let Ok(looked) = remote.look(Some(name), &names).await else { return Turn::Unknown };
            match (self.came(looked, standing), turn) {
                (Some(entry), turn) => {
                    if turn.is_some() {
                        let _gone_by_itself_otherwise = remote.unlock(name, token).await;
                    }
                    return Turn::Came(entry);
                }
                (None, Some(token)) => return Turn::Ours(token),
                (None, None) => {}
            }
        }
    }

    /// What another node has put there since, if it counts and is not near its end.
    fn came(&self, looked: Looked, standing: &Standing) -> Option<Arc<Entry>> {
        let opened = envelope::open::<T>(self.version, &looked.value?)?;
        let counts = opened.stamps == looked.stamps && opened.stamps == standing.stamps;
        let now = self.cache.0.now();
        let value = opened.value.map(|value| Arc::new(value) as Erased);
        let is_new = opened.ages.is_fresh(now) && opened.ages.eager_at > now;
        (counts && is_new).then(|| self.entry(value, opened.ages, standing, opened.length))
    }

    async fn measured<E, F, Fut>(&self, load: F) -> Result<Option<T>, E>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Option<T>, E>>,
    {
        let begun = Instant::now();
        let loaded = load().await;
        self.counts.loaded(if loaded.is_ok() { Event::Loaded } else { Event::LoadFailed }, begun.elapsed());
        loaded
    }

    /// Keeps it under the stamps that were read before it was loaded: what changed meanwhile has ended it already.
    async fn keep(&self, name: &[u8], standing: &Standing, remote: Option<&Guarded>, value: Option<Arc<T>>) -> Option<Arc<T>> {
        let inner = &self.cache.0;
        let ages = Ages::new(&self.options, inner.now(), value.is_none(), inner.stamps.chance());
        let Some(bytes) = envelope::seal(self.version, &ages, &standing.stamps, value.as_deref()) else { return value };
        let erased = value.clone().map(|value| value as Erased);
        inner.memory.put(name, self.entry(erased, ages, standing, bytes.len()));
        if let Some(remote) = remote {
            let life = Duration::from_micros(u64::try_from(ages.stale_until.saturating_sub(ages.created)).unwrap_or(0));
            let _slower_for_others = remote.put(name, bytes, life).await;
        }
        value
    }
}

/// Goes on when nobody waits for it. What it logs names the request that began it.
fn beside(work: impl Future<Output = ()> + Send + 'static) {
    match scope::current() {
        Some(scope) => tokio::spawn(scope::within(scope, work)),
        None => tokio::spawn(work),
    };
}

/// Who loads.
enum Turn {
    Ours(u64),
    /// Another node has.
    Came(Arc<Entry>),
    /// Nobody knows: this node loads.
    Unknown,
}

/// A value of another type cannot lie under a region's name: the region names its type.
fn typed<T: Send + Sync + 'static>(value: Option<&Erased>) -> Option<Arc<T>> {
    value.and_then(|value| value.clone().downcast().ok())
}
