//! Looks again and again whether row security is as declared: what somebody changes in the database by hand shows within the hour.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use banyan_store::Store;
use banyan_telemetry::{Finding, Need};
use tokio::sync::watch;

use crate::house::House;

const EVERY: Duration = Duration::from_secs(60 * 60);

/// Compares at once and every hour, until `stop` becomes true.
pub(super) async fn run(house: Arc<House>, differs: Arc<AtomicBool>, mut stop: watch::Receiver<bool>) {
    loop {
        let mut found = false;
        for store in house.stores() {
            found |= compare(store).await;
        }
        differs.store(found, Ordering::Relaxed);
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.changed() => return,
        }
    }
}

/// Whether something is not as declared. A database that does not answer is another check's business.
async fn compare(store: &Store) -> bool {
    let report = match store.compliance().await {
        Ok(report) => report,
        Err(error) => {
            tracing::warn!(service = store.service(), %error, "row security was not compared with its declaration");
            return false;
        }
    };
    for finding in &report.findings {
        tracing::error!(service = store.service(), finding, "row security is not as declared");
    }
    for entry in report.entries.iter().filter(|entry| !entry.enforced) {
        let (table, command, finding) = (&entry.table, entry.command, entry.findings.join("; "));
        tracing::error!(service = store.service(), table, command, finding, "row security is not as declared");
    }
    !report.holds()
}

/// The health says it until a later comparison finds nothing.
pub(super) fn report(house: &House, differs: Arc<AtomicBool>) {
    house.health.register("row-security", Need::Optional, Duration::from_secs(1), move || {
        let differs = differs.load(Ordering::Relaxed);
        async move {
            match differs {
                true => Finding::down("row security is not as declared: `banyan compliance` says where"),
                false => Finding::up(),
            }
        }
    });
}
