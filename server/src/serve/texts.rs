//! What translators publish: the catalogues of every process follow it, from before the door opens until the server ends.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::{Context as _, Result};
use banyan_kernel::OPERATORS;
use banyan_locale::Catalogues;
use banyan_telemetry::metrics::prometheus::metrics::family::Family;
use banyan_telemetry::metrics::prometheus::metrics::gauge::Gauge;
use banyan_translations::{Follower, SERVICE};

use crate::house::House;

type Ratio = Family<Vec<(&'static str, String)>, Gauge<f64, AtomicU64>>;

/// Looks once, so that the first answer is as it was published. A store that cannot be read delays nothing: then texts are those of the
/// files until it can.
///
/// # Errors
/// When there are no operators.
pub(super) async fn begin(house: &House) -> Result<Option<Follower>> {
    let Some(room) = house.rooms.iter().find(|room| room.service.name == SERVICE) else { return Ok(None) };
    let operators = house.identity.tenant_named(OPERATORS).context("this installation has no tenant of operators")?;
    let ratio = Ratio::default();
    house.metrics.add(|registry| {
        let help = "Messages that people see in the locale itself, of all that there are, by application; `common` for what belongs to none";
        registry.register("banyan_translations_complete_ratio", help, ratio.clone());
    });
    let mut follower = Follower::new(&room.host, operators.id).observed(Arc::new(move |catalogues| show(catalogues, &ratio)));
    follower.round().await;
    Ok(Some(follower))
}

#[expect(clippy::cast_precision_loss, reason = "there are not 2^52 messages")]
fn show(catalogues: &Catalogues, ratio: &Ratio) {
    for one in catalogues.coverage() {
        let application = one.application.unwrap_or_else(|| "common".to_owned());
        let labels = vec![("application", application), ("locale", one.locale.tag().to_owned())];
        let share = if one.messages == 0 { 1.0 } else { one.translated as f64 / one.messages as f64 };
        ratio.get_or_create(&labels).set(share);
    }
}
