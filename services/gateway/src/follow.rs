//! The door of this process follows what is stored, and what it found out is stored.

use std::sync::Arc;
use std::time::Duration;

use banyan_http::Host;
use banyan_kernel::Uuid;
use banyan_store::Rows;
use serde_json::Value;
use tokio::sync::watch;

use crate::cache::Done;
use crate::door::{DoorLink, Entry};
use crate::error::GatewayError;
use crate::{App, plan, store};

/// How long it takes at most until a change of another process counts here, twice over.
const ROUND: Duration = Duration::from_millis(400);

impl App {
    /// Tells the door what is stored now; gives the version of it.
    pub(crate) async fn tell_door(&self, rows: &Rows) -> Result<i64, GatewayError> {
        let (door, migrations, entries) = rows
            .read(|tx| async move {
                let door = store::door(&tx).await?;
                Ok::<_, GatewayError>((door, store::all(&tx).await?, store::entries::all(&tx).await?))
            })
            .await?;
        let legacy = door.as_ref().and_then(|door| door.legacy.system.as_ref());
        let routes = plan::render(legacy, &migrations, &self.mesh);
        let entries: Vec<Entry> = entries.into_iter().map(Entry::from).collect();
        let version = door.map_or(0, |door| door.version);
        self.door.tell(version, &routes, &entries);
        Ok(version)
    }

    /// Writes down what the door took back by itself.
    pub(crate) async fn note_roll_backs(&self, rows: &Rows) -> Result<bool, GatewayError> {
        let splits = self.door.get().map(|door| door.splits()).unwrap_or_default();
        let mut noted = false;
        for report in splits.into_iter().filter(|report| !report["rolledBack"].is_null()) {
            let (name, generation) = (report["name"].as_str().unwrap_or_default().to_owned(), report["generation"].as_i64());
            noted |= note(rows, &name, generation.unwrap_or(-1), report).await?;
        }
        Ok(noted)
    }
}

async fn note(rows: &Rows, name: &str, generation: i64, report: Value) -> Result<bool, GatewayError> {
    let report = &report;
    rows.write(move |tx| async move { store::roll_back(&tx, name, generation, report).await }).await
}

/// Makes the door of this process follow what is stored.
#[derive(Debug)]
pub struct Follower {
    app: App,
    rows: Rows,
    /// The version that was told last.
    known: Option<i64>,
    purged: Done,
}

impl Follower {
    /// Tells the door what is stored now. `operators` is the tenant of those who steer it.
    pub async fn begin(host: &Host, operators: Uuid, door: Arc<dyn crate::Door>) -> Self {
        let link: DoorLink = host.resource().unwrap_or_default();
        link.connect(door);
        let app = App { store: host.store.clone(), mesh: host.mesh.clone(), door: link };
        let rows = app.store.system(operators);
        let mut follower = Self { app, rows, known: None, purged: Done::default() };
        follower.round().await;
        follower
    }

    /// Follows until `stop` becomes true, or is dropped.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(ROUND) => {}
                _ = stop.changed() => return,
            }
            self.round().await;
        }
    }

    async fn round(&mut self) {
        if let Err(error) = self.app.follow_purges(&self.rows, &mut self.purged).await {
            tracing::warn!(%error, "the cache may still serve what was to be forgotten");
        }
        match self.look().await {
            Ok(version) => self.known = Some(version),
            Err(error) => tracing::warn!(%error, "the door goes on as it was told before"),
        }
    }

    async fn look(&self) -> Result<i64, GatewayError> {
        self.app.note_roll_backs(&self.rows).await?;
        let version =
            self.rows.read(|tx| async move { Ok::<_, GatewayError>(store::door(&tx).await?.map_or(0, |door| door.version)) });
        let version = version.await?;
        if self.known == Some(version) { Ok(version) } else { self.app.tell_door(&self.rows).await }
    }
}
