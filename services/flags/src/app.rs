//! What the handlers share: the rows, and the flags that this process evaluates.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axum::extract::FromRef;
use banyan_features::{Features, LocalFlags, Snapshot};
use banyan_http::Host;
use banyan_kernel::application::Application;
use banyan_kernel::{Clock, Random, Uuid};
use banyan_store::Store;
use parking_lot::Mutex;

use crate::clients::{AddCounts, Clients, VerifyTokens};
use crate::error::FlagsError;
use crate::store::revisions::Place;
use crate::store::{environments, flags, revisions, segments, tokens};
use crate::sums::Sums;
use crate::tokens::Tokens;
use crate::{compile, provide};

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) features: Features,
    pub(crate) tokens: Tokens,
    pub(crate) sums: Sums,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    clients: Clients,
    state: Arc<State>,
}

#[derive(Default)]
pub(crate) struct State {
    /// The revisions that this process has.
    known: Mutex<HashMap<Place, i64>>,
    /// Tenants that have their environments and first flags.
    provided: Mutex<HashSet<Uuid>>,
}

/// What the parts of a process share. The server puts one into the service's host; `LocalFlags` beside it go before [`Shared::features`].
#[derive(Clone, Default)]
pub struct Shared {
    pub features: Features,
    pub tokens: Tokens,
    pub sums: Sums,
    pub(crate) state: Arc<State>,
}

impl Shared {
    /// Writes what this process counted since the last time; the [`crate::Follower`] does so each few seconds.
    ///
    /// # Errors
    /// What the store says; what could not be written waits.
    pub async fn write(&self, host: &Host) -> Result<(), FlagsError> {
        self.sums.take_from(&self.features, host.clock.now());
        self.sums.flush(&host.store).await
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl App {
    pub(crate) fn of(host: &Host) -> Self {
        let shared: Shared = host.resource().unwrap_or_default();
        let features = host.resource::<LocalFlags>().map_or(shared.features, |local| local.features);
        Self {
            store: host.store.clone(),
            clients: Clients::of(&for_clients(host, &features, &shared.tokens, &shared.sums)),
            features,
            tokens: shared.tokens,
            sums: shared.sums,
            clock: host.clock.clone(),
            random: host.random.clone(),
            state: shared.state,
        }
    }

    /// The tenant has environments, and the flags of its application. Once in a process; the rest is a look into memory.
    pub(crate) async fn provide(&self, tenant: Uuid, application: &Application) -> Result<(), FlagsError> {
        if self.state.provided.lock().contains(&tenant) {
            return Ok(());
        }
        let rows = self.store.system(tenant);
        let declared = &application.manifest().flags;
        let wanted = rows.read(move |tx| async move { provide::is_wanted(&tx, declared).await }).await?;
        if wanted {
            rows.write(move |tx| async move { provide::provide(&tx, declared).await }).await?;
            self.refresh_all(tenant).await;
        }
        self.state.provided.lock().insert(tenant);
        Ok(())
    }

    /// What was written counts in this process, before the writer has her answer. Others follow.
    pub(crate) async fn refresh(&self, tenant: Uuid, environments: &[String]) {
        for environment in environments {
            if let Err(error) = self.load(tenant, environment).await {
                tracing::warn!(%tenant, environment, %error, "a change of flags counts with the next look");
            }
        }
    }

    /// As [`App::refresh`], of all environments.
    pub(crate) async fn refresh_all(&self, tenant: Uuid) {
        let rows = self.store.system(tenant);
        match rows.read(|tx| async move { environments::names(&tx).await }).await {
            Ok(names) => self.refresh(tenant, &names).await,
            Err(error) => tracing::warn!(%tenant, %error, "a change of flags counts with the next look"),
        }
    }

    /// Whether this process has a revision of a row already.
    pub(crate) fn has(&self, place: &Place, revision: i64) -> bool {
        self.state.known.lock().get(place).is_some_and(|known| *known >= revision)
    }

    /// Takes what is stored of an environment, unless something newer was taken meanwhile.
    pub(crate) async fn load(&self, tenant: Uuid, environment: &str) -> Result<(), FlagsError> {
        let rows = self.store.system(tenant);
        let found = rows.read(move |tx| async move {
            let revision = revisions::of(&tx, environment).await?;
            // What flags say of an environment that is gone counts for nothing.
            let is_there = environments::names(&tx).await?.iter().any(|name| name == environment);
            let flags = if is_there { flags::living(&tx).await? } else { Vec::new() };
            Ok::<_, FlagsError>((revision, flags, segments::all(&tx).await?))
        });
        let (revision, flags, segments) = found.await?;
        let name = environment.to_owned();
        let compiling = tokio::task::spawn_blocking(move || {
            let (document, tags) = compile::document(&name, flags, segments);
            let (snapshot, warnings) = Snapshot::compile(tenant, &name, revision, document);
            (snapshot.tagged(tags), warnings)
        });
        let Ok((snapshot, warnings)) = compiling.await else {
            return Err(FlagsError::Conflict("flags-not-compiled"));
        };
        for warning in warnings {
            tracing::warn!(%tenant, environment, flag = warning.flag, reason = warning.reason, "a flag is off: its rules cannot be read");
        }
        self.put((tenant, environment.to_owned()), revision, snapshot);
        Ok(())
    }

    /// Under the lock, so that of two readers the newer counts.
    pub(crate) fn put(&self, place: Place, revision: i64, snapshot: Snapshot) {
        let mut known = self.state.known.lock();
        let before = known.entry(place).or_insert(i64::MIN);
        if revision > *before || (revision == 0 && *before == 0) {
            *before = revision;
            self.features.put(snapshot);
        }
    }

    /// Takes the tokens of a tenant as they are stored.
    pub(crate) async fn load_tokens(&self, tenant: Uuid) -> Result<(), FlagsError> {
        let rows = self.store.system(tenant);
        let found = rows.read(move |tx| async move {
            let revision = revisions::of(&tx, revisions::TOKENS).await?;
            Ok::<_, FlagsError>((revision, tokens::living(&tx, tenant).await?))
        });
        let (revision, rows) = found.await?;
        let mut known = self.state.known.lock();
        let before = known.entry((tenant, revisions::TOKENS.to_owned())).or_insert(i64::MIN);
        if revision > *before {
            *before = revision;
            self.tokens.put(tenant, &rows);
        }
        Ok(())
    }
}

impl FromRef<App> for Clients {
    fn from_ref(app: &App) -> Self {
        app.clients.clone()
    }
}

/// What the protocols of clients need of the rest of the service, unless somebody put something else there.
fn for_clients(host: &Host, features: &Features, tokens: &Tokens, sums: &Sums) -> Host {
    let mut host = host.clone();
    let clock = host.clock.clone();
    if host.resource::<LocalFlags>().is_none() {
        host.resources.insert(LocalFlags::new(features.clone(), "production", clock.clone()));
    }
    if host.resource::<Arc<dyn VerifyTokens>>().is_none() {
        host.resources.insert::<Arc<dyn VerifyTokens>>(Arc::new(tokens.with(clock.clone())));
    }
    if host.resource::<Arc<dyn AddCounts>>().is_none() {
        host.resources.insert::<Arc<dyn AddCounts>>(Arc::new(sums.with(features.clone(), clock)));
    }
    host
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("store", &self.store).finish_non_exhaustive()
    }
}
