//! What is deleted for good after its time: rows that can no longer be restored, answers and events that nobody asks for again.

use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::Uuid;
use tokio::sync::watch;

use crate::house::House;

/// 7 days.
const EVENTS_KEPT_SECONDS: i64 = 7 * 24 * 60 * 60;
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Tidies once an hour, until `stop` becomes true. Several nodes at once do no harm: each row goes once.
pub(super) async fn run(house: Arc<House>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.changed() => return,
        }
        for tenant in house.identity.tenants() {
            tidy(&house, tenant.id).await;
        }
        tidy_logs(&house).await;
    }
}

/// Events that happened long ago and that every consumer has passed, and what says that they were handled.
async fn tidy_logs(house: &House) {
    let before = house.clock.now().plus_seconds(-EVENTS_KEPT_SECONDS);
    for room in house.served() {
        let log = room.host.store.log();
        if let Err(error) = log.tidy(before).await {
            tracing::warn!(service = log.service(), %error, "old events stay for another hour");
        }
    }
    // Twice as long: an event of a slow reader may be older than the others.
    let before = before.plus_seconds(-EVENTS_KEPT_SECONDS);
    for consumers in &house.consumers {
        if let Err(error) = consumers.tidy(before).await {
            tracing::warn!(service = consumers.service(), %error, "what was handled long ago stays noted for another hour");
        }
    }
}

async fn tidy(house: &House, tenant: Uuid) {
    for room in house.served() {
        let store = &room.host.store;
        if let Err(error) = store.tidy(tenant).await {
            tracing::warn!(service = store.service(), %error, "old answers and events stay for another hour");
        }
        let purged = match store.service() {
            banyan_goals::SERVICE => banyan_goals::purge(store, tenant).await.map_err(anyhow::Error::from),
            banyan_content::SERVICE => banyan_content::purge(store, tenant).await.map_err(anyhow::Error::from),
            banyan_notifications::SERVICE => banyan_notifications::purge(store, tenant).await.map_err(anyhow::Error::from),
            _ => Ok(0),
        };
        if let Err(error) = purged {
            tracing::warn!(service = store.service(), %error, "deleted rows stay for another hour");
        }
    }
}
