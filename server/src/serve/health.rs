//! What `/health` and `/readyz` ask.

use std::collections::BTreeSet;
use std::time::Duration;

use banyan_events::Consumers;
use banyan_telemetry::{Finding, Need};

use crate::house::House;

/// An engine that takes longer is as good as gone.
const DEADLINE: Duration = Duration::from_secs(2);

/// Each service's database under the service's name. Without identity's nobody can be told from anybody, so it is required.
pub(super) fn register(house: &House) {
    for store in house.stores() {
        let need = if store.service() == banyan_identity::SERVICE { Need::Required } else { Need::Optional };
        let store = store.clone();
        house.health.register(store.service(), need, DEADLINE, move || {
            let store = store.clone();
            async move {
                match store.ping().await {
                    Ok(()) => Finding::up(),
                    Err(error) => Finding::down(error.to_string()),
                }
            }
        });
    }
    let sinks = house.consumers.iter().flat_map(Consumers::relay_counts).map(|(sink, _)| sink);
    for sink in sinks.collect::<BTreeSet<_>>() {
        let consumers = house.consumers.clone();
        house.health.register(sink, Need::Optional, DEADLINE, move || {
            let finding = finding(sink, &consumers);
            async move { finding }
        });
    }
}

/// Events that do not leave are not lost: the server is degraded, no more.
fn finding(sink: &str, all: &[Consumers]) -> Finding {
    let troubles = all.iter().flat_map(|consumers| {
        let here = consumers.relay_counts().into_iter().filter(|(name, _)| *name == sink);
        here.filter_map(|(_, counts)| counts.trouble).map(|trouble| (consumers.service(), trouble))
    });
    match troubles.min() {
        Some((service, trouble)) => Finding::degraded(format!("events of {service} do not leave: {trouble}")),
        None => Finding::up(),
    }
}
