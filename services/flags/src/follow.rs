//! This process follows what is stored of flags and tokens, and writes down what it counted.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use banyan_http::Host;
use banyan_kernel::Uuid;
use banyan_kernel::application::Application;
use banyan_store::{EngineKind, Rows};
use tokio::sync::watch;

use crate::app::App;
use crate::error::FlagsError;
use crate::kept::Kept;
use crate::store::revisions;

/// How long it takes at most until a change of another process counts here that nobody tells of.
const ROUND: Duration = Duration::from_millis(100);
/// How often it is looked where each writer tells.
const TOLD_ROUND: Duration = Duration::from_secs(1);
/// So often sums are written. `kill -9` loses those since the last time.
const SUMS: Duration = Duration::from_secs(5);
/// So often everything is looked at, whatever clocks say, and new tenants get what they have from the start.
const WHOLE: Duration = Duration::from_secs(30);
/// Clocks of nodes differ, and a transaction ends after its rows have their time: so much further back is looked at again.
const MARGIN_SECONDS: i64 = 60;

/// What a process with flags is told by its surroundings.
pub struct Surroundings {
    /// Where snapshots are kept for a start without a store; none where nothing is kept.
    pub directory: Option<PathBuf>,
    /// Flags for tenants and environments of which nothing else is known.
    pub bootstrap: Option<PathBuf>,
    /// All tenants with their applications, asked again and again.
    pub tenants: Arc<dyn Fn() -> Vec<FlagsTenant> + Send + Sync>,
    /// Whether this process may make what tenants have from the start.
    pub part: Part,
}

/// A tenant, whose flags are those of its application at first.
#[derive(Clone, Debug)]
pub struct FlagsTenant {
    pub id: Uuid,
    pub name: String,
    pub application: Arc<Application>,
}

/// What the process does for the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It runs the service.
    Serves,
    /// It evaluates flags alone.
    Evaluates,
}

/// Keeps the flags of this process as they are stored.
pub struct Follower {
    app: App,
    rows: Rows,
    surroundings: Surroundings,
    kept: Option<Kept>,
    provided: HashSet<Uuid>,
    /// Rounds do not say the same each 100 ms.
    troubled: bool,
}

impl Follower {
    /// Takes what is stored now. Where the store does not answer, what was kept of an earlier run counts, else the bootstrap file.
    pub async fn begin(host: &Host, surroundings: Surroundings) -> Self {
        let app = App::of(host);
        let rows = app.store.system(Uuid::nil());
        let kept = surroundings.directory.clone().map(Kept::at);
        let mut follower = Self { app, rows, surroundings, kept, provided: HashSet::new(), troubled: false };
        follower.provide().await;
        match follower.look(None).await {
            Ok(()) => follower.app.features.complete(),
            Err(error) => {
                tracing::warn!(%error, "flags are as they were kept: the store does not answer");
                follower.take_kept();
            }
        }
        follower.take_bootstrap();
        follower
    }

    /// Follows until `stop` becomes true, or is dropped. Then it writes down what was counted last.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let bell = self.app.store.bell(revisions::BELL);
        let (mut summed, mut looked) = (Instant::now(), Instant::now());
        loop {
            let is_told = self.app.store.kind() == EngineKind::Sqlite || self.app.store.is_told();
            tokio::select! {
                () = tokio::time::sleep(if is_told { TOLD_ROUND } else { ROUND }) => {}
                () = bell.notified() => {}
                _ = stop.changed() => break,
            }
            let is_whole = looked.elapsed() >= WHOLE;
            self.round(is_whole).await;
            if is_whole {
                looked = Instant::now();
            }
            if summed.elapsed() >= SUMS {
                self.keep();
                self.write_sums().await;
                summed = Instant::now();
            }
        }
        self.write_sums().await;
        self.keep();
    }

    async fn round(&mut self, is_whole: bool) {
        let known = (self.surroundings.tenants)().len();
        if is_whole || known > self.provided.len() {
            self.provide().await;
        }
        let since = (!is_whole).then(|| self.app.clock.now().plus_seconds(-MARGIN_SECONDS).micros());
        match self.look(since).await {
            Ok(()) => {
                self.troubled = false;
                // What was written before the first look that succeeded is known with the first whole one.
                if is_whole {
                    self.app.features.complete();
                }
            }
            Err(error) if !self.troubled => {
                self.troubled = true;
                tracing::warn!(%error, "flags stay as they are: the store does not answer");
            }
            Err(_) => {}
        }
    }

    /// One query, and what has changed by it.
    async fn look(&self, since: Option<i64>) -> Result<(), FlagsError> {
        let found = self.rows.read(move |tx| async move { revisions::since(&tx, since).await }).await?;
        for row in found {
            let place = (row.tenant, row.environment);
            if self.app.has(&place, row.revision) {
                continue;
            }
            if place.1 == revisions::TOKENS {
                self.app.load_tokens(place.0).await?;
            } else {
                self.app.load(place.0, &place.1).await?;
            }
        }
        Ok(())
    }

    /// Each tenant has its environments and first flags.
    async fn provide(&mut self) {
        for FlagsTenant { id: tenant, application, .. } in (self.surroundings.tenants)() {
            if self.surroundings.part == Part::Evaluates {
                self.provided.insert(tenant);
            } else if !self.provided.contains(&tenant) {
                match self.app.provide(tenant, &application).await {
                    Ok(()) => {
                        self.provided.insert(tenant);
                    }
                    Err(error) => tracing::warn!(%tenant, %error, "a tenant has no flags yet: it is tried again"),
                }
            }
        }
    }

    async fn write_sums(&self) {
        self.app.sums.take_from(&self.app.features, self.app.clock.now());
        if let Err(error) = self.app.sums.flush(&self.app.store).await {
            tracing::warn!(%error, "what was counted of flags waits");
        }
    }

    fn keep(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.write(&self.app.features);
            // An empty list would be of a store that was never read.
            let tenants = (self.surroundings.tenants)();
            if !tenants.is_empty() {
                kept.write_clients(&tenants, &self.app.tokens);
            }
        }
    }

    fn take_kept(&self) {
        let kept: Vec<_> = self.kept.iter().flat_map(Kept::read).collect();
        if !kept.is_empty() {
            self.app.features.complete();
        }
        for (place, revision, snapshot) in kept {
            self.app.put(place, revision, snapshot);
        }
    }

    fn take_bootstrap(&self) {
        let Some(path) = &self.surroundings.bootstrap else { return };
        let tenants: Vec<Uuid> = (self.surroundings.tenants)().into_iter().map(|tenant| tenant.id).collect();
        match crate::kept::bootstrap(path, &tenants) {
            Ok(found) => {
                for (place, snapshot) in found {
                    if self.app.features.get(place.0, &place.1).is_none() {
                        // Whatever is stored later goes before it.
                        self.app.put(place, 0, snapshot);
                    }
                }
            }
            Err(error) => tracing::error!(path = %path.display(), error, "the bootstrap file of flags cannot be read"),
        }
    }
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower").field("app", &self.app).finish_non_exhaustive()
    }
}
