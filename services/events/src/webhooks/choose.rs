//! From the logs to the rows of deliveries.

use std::collections::BTreeSet;
use std::sync::Arc;

use banyan_events::log::{Chooser, Choosing, Start};
use banyan_events::{Consumer, ConsumerError, Delivery};
use banyan_kernel::Uuid;
use banyan_store::Store;
use banyan_store::log::Entry;

use super::rows::{self, Known};
use super::{pump, webhook};

/// Hears everything, and is given what somebody subscribed to.
pub(crate) fn consumer(store: &Store) -> Consumer {
    let chooser = Arc::new(Subscribed(store.clone()));
    Consumer::of_everything("webhooks", chooser, take).start(Start::Now)
}

struct Subscribed(Store);

impl Chooser for Subscribed {
    fn choose<'a>(&'a self, entries: &'a [Entry]) -> Choosing<'a> {
        Box::pin(async move {
            let tenants: BTreeSet<Uuid> = entries.iter().map(|entry| entry.tenant).collect();
            let tenants: &Vec<Uuid> = &tenants.into_iter().collect();
            let rows = self.0.system(Uuid::nil());
            let webhooks = rows.read(move |tx| async move { rows::of_tenants(&tx, tenants).await });
            let webhooks: Vec<webhook::Model> = webhooks.await?;
            let wanted = |entry: &Entry| {
                let mut all = webhooks.iter().filter(|webhook| webhook.tenant == entry.tenant);
                all.any(|webhook| webhook.was_there(entry.occurred_at) && webhook.wanted().has(&entry.kind))
            };
            Ok(entries.iter().map(wanted).collect())
        })
    }
}

async fn take(delivery: Delivery) -> Result<(), ConsumerError> {
    let (tx, event) = (&delivery.tx, &*delivery.event);
    for webhook in rows::of_tenants(tx, &[event.tenant]).await? {
        if webhook.was_there(event.time.micros()) && webhook.wanted().has(&event.kind) {
            rows::add(tx, &webhook, event, Known::Left).await?;
            // One that fails is left alone for a while.
            rows::wake(tx, webhook.id, pump::rest(&webhook)).await?;
        }
    }
    Ok(())
}
