//! What `/health` and `/readyz` ask.

use std::time::Duration;

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
}
