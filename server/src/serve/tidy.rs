//! What is deleted for good after its time: rows that can no longer be restored, answers and events that nobody asks for again.

use std::sync::Arc;
use std::time::Duration;

use banyan_contracts::Keep;
use banyan_contracts::catalogue::{EventType, event_types};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::log::Log;
use tokio::sync::watch;

use crate::house::House;

/// Events of types that keep the latest about each subject go when they are so old and a later one is there.
const COMPACTED_AFTER_SECONDS: i64 = 24 * 60 * 60;
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
    let (now, kept) = (house.clock.now(), i64::try_from(house.events_kept.as_secs()).unwrap_or(i64::MAX / 4));
    for room in house.served() {
        let log = room.host.store.log();
        if let Err(error) = log.tidy(now.plus_seconds(-kept)).await {
            tracing::warn!(service = log.service(), %error, "old events stay for another hour");
        }
        compact(&log, now.plus_seconds(-COMPACTED_AFTER_SECONDS)).await;
    }
    // Twice as long: an event of a slow reader may be older than the others.
    let before = now.plus_seconds(-2 * kept);
    for consumers in &house.consumers {
        if let Err(error) = consumers.tidy(before).await {
            tracing::warn!(service = consumers.service(), %error, "what was handled long ago stays noted for another hour");
        }
    }
}

/// Of what says how something is, only the latest is needed.
async fn compact(log: &Log, before: Timestamp) {
    let of_service = |one: &EventType| one.kind.split_once('.').is_some_and(|(source, _)| source == log.service());
    for one in event_types().into_iter().filter(|one| one.keep == Keep::Latest && of_service(one)) {
        if let Err(error) = log.compact(one.kind, before).await {
            tracing::warn!(kind = one.kind, %error, "events that were overtaken stay for another hour");
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
            banyan_support::SERVICE => banyan_support::purge(store, tenant).await.map_err(anyhow::Error::from),
            banyan_context::SERVICE => banyan_context::purge(store, tenant).await.map_err(anyhow::Error::from),
            banyan_translations::SERVICE => banyan_translations::purge(store, tenant).await.map_err(anyhow::Error::from),
            banyan_flags::SERVICE => banyan_flags::purge(store, tenant).await.map_err(anyhow::Error::from),
            _ => Ok(0),
        };
        if let Err(error) = purged {
            tracing::warn!(service = store.service(), %error, "deleted rows stay for another hour");
        }
    }
}
