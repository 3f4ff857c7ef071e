//! The door of this process follows what is stored, and what it found out is stored.

use std::sync::Arc;
use std::time::Duration;

use banyan_http::Host;
use banyan_kernel::Uuid;
use banyan_store::Rows;
use serde_json::Value;
use tokio::sync::watch;

use crate::cache::Done;
use crate::door::{DoorLink, Entry, Plan};
use crate::error::GatewayError;
use crate::{App, plan, store};

/// How long it takes at most until a change of another process counts here, twice over.
const ROUND: Duration = Duration::from_millis(400);
/// In every so many rounds, each 5 s or so, the door's sums are written. `kill -9` loses those since the last time.
const ROUNDS_OF_SUMS: u32 = 12;

impl App {
    /// Tells the door what is stored now; gives the version of it. What the door does not take of the migrations changes nothing.
    pub(crate) async fn tell_door(&self, rows: &Rows) -> Result<i64, GatewayError> {
        let plan = self.plan(rows).await?;
        if let Err(fault) = self.door.tell(&plan) {
            tracing::error!(fault, "the door keeps its routes: those of the migrations cannot be taken");
        }
        Ok(plan.version)
    }

    /// What is stored now, as the door is told.
    async fn plan(&self, rows: &Rows) -> Result<Plan, GatewayError> {
        let (door, migrations, entries) = rows
            .read(|tx| async move {
                let door = store::door(&tx).await?;
                Ok::<_, GatewayError>((door, store::all(&tx).await?, store::entries::all(&tx).await?))
            })
            .await?;
        let legacy = door.as_ref().and_then(|door| door.legacy.system.as_ref());
        let routes = plan::render(legacy, &migrations, &self.mesh);
        let entries: Vec<Entry> = entries.into_iter().map(Entry::from).collect();
        Ok(Plan { version: door.map_or(0, |door| door.version), routes, entries })
    }

    /// Writes down what the door took back by itself.
    pub(crate) async fn note_roll_backs(&self, rows: &Rows) -> Result<bool, GatewayError> {
        let splits = self.door.get().map(|door| door.splits()).unwrap_or_default();
        let mut noted = false;
        let rolled_back: Vec<Value> = splits.into_iter().filter(|report| !report["rolledBack"].is_null()).collect();
        if !rolled_back.is_empty() {
            self.write_sums(rows).await?;
        }
        for report in rolled_back {
            let (name, generation) = (report["name"].as_str().unwrap_or_default().to_owned(), report["generation"].as_i64());
            noted |= self.note(rows, &name, generation.unwrap_or(-1), report).await?;
        }
        Ok(noted)
    }

    async fn note(&self, rows: &Rows, name: &str, generation: i64, report: Value) -> Result<bool, GatewayError> {
        let report = &report;
        rows.write(move |tx| async move { store::roll_back(&tx, self, name, generation, report).await }).await
    }
}

/// Makes the door of this process follow what is stored.
#[derive(Debug)]
pub struct Follower {
    app: App,
    operators: Uuid,
    rows: Rows,
    /// The version that was told last.
    known: Option<i64>,
    purged: Done,
}

/// Why a door must not open: it would send people elsewhere than those who steer it have decided.
#[derive(Debug, thiserror::Error)]
pub enum UnknownPlan {
    #[error("the door's stored plan cannot be read: see that the database of `gateway` is there and whole, then start again")]
    Unreadable(#[source] GatewayError),
    /// What the door says of it.
    #[error(
        "the door's stored plan cannot be taken ({0}): `banyan strangle status` shows it, `undo` and `stop` work without a server"
    )]
    Refused(String),
}

impl Follower {
    /// Tells the door what is stored now. `operators` is the tenant of those who steer it.
    ///
    /// # Errors
    /// [`UnknownPlan`], upon which the door stays closed. One that is open keeps what it was told last, whatever happens to the store.
    pub async fn begin(host: &Host, operators: Uuid, door: Arc<dyn crate::Door>) -> Result<Self, UnknownPlan> {
        let link: DoorLink = host.resource().unwrap_or_default();
        link.connect(door);
        let app = App { store: host.store.clone(), mesh: host.mesh.clone(), door: link, catalogues: host.catalogues.clone() };
        let rows = app.store.system(operators);
        let plan = app.plan(&rows).await.map_err(UnknownPlan::Unreadable)?;
        app.door.tell(&plan).map_err(UnknownPlan::Refused)?;
        let mut follower = Self { app, operators, rows, known: Some(plan.version), purged: Done::default() };
        follower.round().await;
        Ok(follower)
    }

    /// Follows until `stop` becomes true, or is dropped. Then it writes down what the door saw last.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        for round in 1_u32.. {
            tokio::select! {
                () = tokio::time::sleep(ROUND) => {}
                _ = stop.changed() => break,
            }
            self.round().await;
            if round.is_multiple_of(ROUNDS_OF_SUMS) {
                self.app.bring_up_to_date(self.operators).await;
            }
        }
        self.app.bring_up_to_date(self.operators).await;
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
