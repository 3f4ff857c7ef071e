//! Counts by class, never by subject.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use banyan_telemetry::metrics::Count;
use banyan_telemetry::metrics::prometheus::collector::Collector;
use banyan_telemetry::metrics::prometheus::encoding::{DescriptorEncoder, EncodeMetric as _};
use banyan_telemetry::metrics::prometheus::metrics::MetricType;
use banyan_telemetry::metrics::prometheus::metrics::counter::ConstCounter;

/// Classes beyond these share the name `_other`.
const MOST_CLASSES: usize = 64;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Admitted,
    Refused,
    /// Counted on this node alone, or not at all, since the nodes cannot count together.
    Alone,
}

const OUTCOMES: [(Outcome, &str); 3] =
    [(Outcome::Admitted, "admitted"), (Outcome::Refused, "refused"), (Outcome::Alone, "alone")];

#[derive(Clone, Debug, Default)]
pub(super) struct Meters(Arc<ArcSwap<BTreeMap<Arc<str>, Arc<Meter>>>>);

#[derive(Debug, Default)]
struct Meter([Count; 3]);

impl Meters {
    pub(super) fn count(&self, class: &str, outcome: Outcome) {
        let meters = self.0.load();
        let meter = match meters.get(class) {
            Some(meter) => meter.clone(),
            None => self.add(class),
        };
        meter.0[outcome as usize].add(1);
    }

    fn add(&self, class: &str) -> Arc<Meter> {
        let meter = Arc::new(Meter::default());
        let mut used = meter.clone();
        self.0.rcu(|meters| {
            let name = if meters.len() < MOST_CLASSES { class } else { "_other" };
            let mut meters = BTreeMap::clone(meters);
            used = meters.entry(name.into()).or_insert_with(|| meter.clone()).clone();
            meters
        });
        used
    }
}

impl Collector for Meters {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let help = "Requests that rate limits admitted and refused, and those counted while the nodes could not count together";
        let mut family = encoder.encode_descriptor("rate_limit_decisions", help, None, MetricType::Counter)?;
        for (class, meter) in self.0.load().iter() {
            for (outcome, name) in OUTCOMES {
                let labels = [("class", &**class), ("outcome", name)];
                let count = u64::try_from(meter.0[outcome as usize].get()).unwrap_or(0);
                ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}
