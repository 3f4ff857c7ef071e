//! What was published reaches the catalogues of this process.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use banyan_http::Host;
use banyan_kernel::Uuid;
use banyan_locale::{Catalogues, Locale, Published};
use banyan_store::{Rows, Store};
use tokio::sync::watch;

use crate::entity::head;
use crate::error::TranslationsError;
use crate::place::Place;
use crate::store::publications;

/// How long it takes at most until a publication of another process counts here, twice over.
const ROUND: Duration = Duration::from_millis(300);

/// With the longest texts still less than a catalogue file may have.
const TEXTS_AT_ONCE: usize = 100;

/// Tenant, application, locale.
type Key = (Uuid, String, String);

/// Makes the catalogues of this process follow what is published. Without the store they stay as they are.
pub struct Follower {
    store: Store,
    catalogues: Arc<Catalogues>,
    operators: Uuid,
    rows: Rows,
    pulse: Option<i64>,
    /// With the revision that was read.
    known: HashMap<Key, (i64, Vec<Published>)>,
    /// Whether the last round failed: that is said once.
    failing: bool,
    observer: Option<Observer>,
}

/// Sees the catalogues after each change, and once at first.
type Observer = Arc<dyn Fn(&Catalogues) + Send + Sync>;

impl Follower {
    /// `host` is the service's own; `operators` is the tenant of those who publish for everybody.
    pub fn new(host: &Host, operators: Uuid) -> Self {
        let rows = host.store.system(operators);
        let (store, catalogues) = (host.store.clone(), host.catalogues.clone());
        Self { store, catalogues, operators, rows, pulse: None, known: HashMap::new(), failing: false, observer: None }
    }

    /// Calls `observer` with the catalogues at first and after each change.
    #[must_use]
    pub fn observed(mut self, observer: Arc<dyn Fn(&Catalogues) + Send + Sync>) -> Self {
        observer(&self.catalogues);
        self.observer = Some(observer);
        self
    }

    /// Follows until `stop` becomes true, or is dropped.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            self.round().await;
            tokio::select! {
                () = tokio::time::sleep(ROUND) => {}
                _ = stop.changed() => return,
            }
        }
    }

    /// Looks once. What cannot be read is tried again in the next round.
    pub async fn round(&mut self) {
        match self.look().await {
            Ok(()) => self.failing = false,
            Err(error) if !self.failing => {
                self.failing = true;
                tracing::warn!(%error, "texts stay as they were published before: what is published now cannot be read");
            }
            Err(_) => {}
        }
    }

    async fn look(&mut self) -> Result<(), TranslationsError> {
        let pulse = self.rows.read(|tx| async move { publications::pulse(&tx).await }).await?;
        if self.pulse == Some(pulse) {
            return Ok(());
        }
        let heads = self.rows.read(|tx| async move { publications::heads(&tx).await }).await?;
        for head in &heads {
            let key = (head.tenant, head.application.clone(), head.locale.clone());
            if self.known.get(&key).is_some_and(|(revision, _)| *revision == head.revision) {
                continue;
            }
            let published = self.read(head).await?;
            self.known.insert(key, (head.revision, published));
        }
        let published: Vec<Published> = self.known.values().flat_map(|(_, published)| published).cloned().collect();
        self.catalogues.publish(&published);
        if let Some(observer) = &self.observer {
            observer(&self.catalogues);
        }
        if !published.is_empty() || self.pulse.is_some() {
            tracing::info!(publications = published.len(), "texts are as they were published");
        }
        // Heads may have moved since; then their sum is another one, and the next round looks again.
        self.pulse = Some(pulse);
        Ok(())
    }

    /// Without what this program cannot show: a locale that it does not know, texts of a message that changed its form.
    async fn read(&self, head: &head::Model) -> Result<Vec<Published>, TranslationsError> {
        let rows = self.store.system(head.tenant);
        let Some(row) = rows.read(|tx| async move { publications::pointed(&tx, head).await }).await? else {
            return Ok(Vec::new());
        };
        let app = Some(head.application.as_str()).filter(|app| !app.is_empty());
        let of_files = self.catalogues.locales(app).iter().find(|locale| locale.tag() == head.locale);
        let Some(locale) = of_files.or_else(|| Locale::published(&head.locale).ok()) else { return Ok(Vec::new()) };
        let reach = Place::reach_of(self.operators, head.tenant, &head.application);
        // Each was examined when it was written; the files may have changed since, with a newer program.
        let examiner = self.catalogues.examiner(app, locale);
        let texts: Vec<(&str, &str)> = row.texts.0.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
        let texts: Vec<(&str, &str)> = texts.into_iter().filter(|(key, text)| examiner.examine(key, text).is_ok()).collect();
        let name = format!("publication {} of {}", row.number, head.locale);
        let parts =
            texts.chunks(TEXTS_AT_ONCE).map(|texts| Published::new(reach.clone(), locale, name.clone(), texts.iter().copied()));
        parts.collect::<Result<Vec<Published>, _>>().or_else(|error| {
            tracing::error!(%error, number = row.number, "a publication is left out");
            Ok(Vec::new())
        })
    }
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower").field("pulse", &self.pulse).finish_non_exhaustive()
    }
}
