//! Jobs and sagas as metrics. All processes see the same rows, so what stands is the same in each: take the maximum, not the sum.

use std::time::Duration;

use banyan_events::jobs::{Observer, Outcome, Standing};
use banyan_telemetry::Metrics;
use banyan_telemetry::metrics::prometheus::metrics::counter::Counter;
use banyan_telemetry::metrics::prometheus::metrics::family::Family;
use banyan_telemetry::metrics::prometheus::metrics::gauge::Gauge;
use banyan_telemetry::metrics::prometheus::metrics::histogram::Histogram;
use std::sync::atomic::AtomicU64;

/// Upper bounds of durations, in seconds: from rows in one transaction to work outside.
const BOUNDS: [f64; 10] = [0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1_800.0];

type Labels<const N: usize> = [(&'static str, &'static str); N];
/// Made as a plain function, so that the family has a name.
type Durations = Family<Vec<(&'static str, &'static str)>, Histogram, fn() -> Histogram>;

/// Those of all services of the process.
#[derive(Clone)]
pub(super) struct Families {
    ended: Family<Vec<(&'static str, &'static str)>, Counter>,
    durations: Durations,
    standing: Family<Vec<(&'static str, &'static str)>, Gauge>,
    oldest: Family<Vec<(&'static str, &'static str)>, Gauge<f64, AtomicU64>>,
    sagas: Family<Vec<(&'static str, &'static str)>, Gauge>,
}

/// Those of one service.
pub(super) struct JobMetrics {
    families: Families,
    service: &'static str,
}

impl Families {
    pub(super) fn registered(metrics: &Metrics) -> Self {
        let families = Self {
            ended: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BOUNDS)),
            standing: Family::default(),
            oldest: Family::default(),
            sagas: Family::default(),
        };
        metrics.add(|registry| {
            registry.register("banyan_jobs_attempts", "Attempts of jobs that ended, by how", families.ended.clone());
            registry.register("banyan_jobs_duration_seconds", "How long attempts of jobs took", families.durations.clone());
            registry.register("banyan_jobs", "Jobs that have not ended, and failed ones, by state", families.standing.clone());
            let help = "For how long the oldest job that is due has waited";
            registry.register("banyan_jobs_oldest_ready_seconds", help, families.oldest.clone());
            registry.register("banyan_sagas", "Sagas that have not ended, by state", families.sagas.clone());
        });
        families
    }

    pub(super) fn of(&self, service: &'static str) -> JobMetrics {
        JobMetrics { families: self.clone(), service }
    }
}

impl JobMetrics {
    fn labels<const N: usize>(&self, others: Labels<N>) -> Vec<(&'static str, &'static str)> {
        [("service", self.service)].into_iter().chain(others).collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds to the microsecond for centuries")]
fn seconds(micros: u64) -> f64 {
    micros as f64 / 1_000_000.0
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Observer for JobMetrics {
    fn ended(&self, kind: &'static str, outcome: Outcome, took: Duration) {
        self.families.ended.get_or_create(&self.labels([("kind", kind), ("outcome", outcome.word())])).inc();
        self.families.durations.get_or_create(&self.labels([("kind", kind)])).observe(took.as_secs_f64());
    }

    fn stands(&self, standing: &[Standing]) {
        for queue in standing {
            let counts =
                [("ready", queue.ready), ("waiting", queue.waiting), ("running", queue.running), ("failed", queue.failed)];
            for (state, count) in counts {
                let labels = self.labels([("queue", queue.queue), ("state", state)]);
                self.families.standing.get_or_create(&labels).set(number(count));
            }
            self.families.oldest.get_or_create(&self.labels([("queue", queue.queue)])).set(seconds(queue.oldest_micros));
        }
    }

    fn sagas_stand(&self, running: u64, stuck: u64) {
        self.families.sagas.get_or_create(&self.labels([("state", "running")])).set(number(running));
        self.families.sagas.get_or_create(&self.labels([("state", "stuck")])).set(number(stuck));
    }
}
