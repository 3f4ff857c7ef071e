//! The door of this process follows what is stored, and what it found out is stored.

use std::sync::Arc;
use std::time::Duration;

use banyan_http::Host;
use banyan_kernel::Uuid;
use banyan_store::Rows;
use serde_json::Value;
use tokio::sync::watch;

use crate::door::DoorLink;
use crate::error::GatewayError;
use crate::{App, plan, store};

/// How long it takes at most until a change of another process counts here, twice over.
const ROUND: Duration = Duration::from_millis(400);

impl App {
    /// Tells the door what is stored now; gives the version of it.
    pub(crate) async fn tell_door(&self, rows: &Rows) -> Result<i64, GatewayError> {
        let (door, migrations) = rows
            .read(|tx| async move {
                let door = store::door(&tx).await?;
                Ok::<_, GatewayError>((door, store::all(&tx).await?))
            })
            .await?;
        let legacy = door.as_ref().and_then(|door| door.legacy.system.as_ref());
        let routes = plan::render(legacy, &migrations, &self.mesh);
        if let Some(link) = self.door.get()
            && let Err(fault) = link.follow(&routes)
        {
            tracing::error!(fault, "the door keeps its routes: those that are stored cannot be taken");
        }
        Ok(door.map_or(0, |door| door.version))
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

/// Follows until `stop` becomes true. `operators` is the tenant of those who steer the door.
pub async fn follow(host: Host, operators: Uuid, door: Arc<dyn crate::Door>, mut stop: watch::Receiver<bool>) {
    let link: DoorLink = host.resource().unwrap_or_default();
    link.connect(door);
    let app = App { store: host.store.clone(), mesh: host.mesh.clone(), door: link };
    let rows = app.store.system(operators);
    let mut known = None;
    loop {
        match round(&app, &rows, known).await {
            Ok(version) => known = Some(version),
            Err(error) => tracing::warn!(%error, "the door goes on as it was told before"),
        }
        tokio::select! {
            () = tokio::time::sleep(ROUND) => {}
            _ = stop.changed() => return,
        }
    }
}

async fn round(app: &App, rows: &Rows, known: Option<i64>) -> Result<i64, GatewayError> {
    app.note_roll_backs(rows).await?;
    let version = rows.read(|tx| async move { Ok::<_, GatewayError>(store::door(&tx).await?.map_or(0, |door| door.version)) });
    let version = version.await?;
    if known == Some(version) { Ok(version) } else { app.tell_door(rows).await }
}
