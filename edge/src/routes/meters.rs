//! How often the route file was read anew.

use banyan_telemetry::Metrics;
use banyan_telemetry::metrics::prometheus::metrics::counter::Counter;
use banyan_telemetry::metrics::prometheus::metrics::family::Family;

type Labels = [(&'static str, &'static str); 1];

const APPLIED: Labels = [("result", "applied")];
const REFUSED: Labels = [("result", "refused")];

/// Files that were taken, and files that were not.
#[derive(Debug, Default)]
pub(crate) struct Reloads(Family<Labels, Counter>);

impl Reloads {
    pub(crate) fn register(metrics: &Metrics) -> Self {
        let reloads = Self::default();
        // Both are there from the start, so that an alarm can compare.
        reloads.0.get_or_create(&APPLIED).inc_by(0);
        reloads.0.get_or_create(&REFUSED).inc_by(0);
        metrics.add(|registry| registry.register("edge_route_reloads", "Route files read anew", reloads.0.clone()));
        reloads
    }

    pub(crate) fn applied(&self) {
        self.0.get_or_create(&APPLIED).inc();
    }

    pub(crate) fn refused(&self) {
        self.0.get_or_create(&REFUSED).inc();
    }
}
