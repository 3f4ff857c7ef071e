//! What is counted.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use banyan_telemetry::metrics::PerWorker;
use banyan_telemetry::metrics::prometheus::collector::Collector;
use banyan_telemetry::metrics::prometheus::encoding::{DescriptorEncoder, NoLabelSet};
use banyan_telemetry::metrics::prometheus::metrics::MetricType;

use crate::cache::{Cache, Known};

/// How somebody was answered, and what was done for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Event {
    /// From memory.
    Memory,
    /// From Redis.
    Remote,
    Miss,
    /// Past the cache: an elevated caller, or nobody who could assert what is kept.
    Passed,
    /// By a value past its end, because loading was slow or failed.
    Stale,
    /// Waited for somebody else's load.
    Waited,
    Loaded,
    LoadFailed,
    /// Loaded before its end, beside an answer.
    Eager,
}

const EVENTS: usize = Event::Eager as usize + 1;

/// Of one region.
#[derive(Debug)]
pub(crate) struct Counts {
    pub(crate) region: &'static str,
    events: PerWorker<[AtomicU64; EVENTS]>,
    load_micros: AtomicU64,
}

impl Counts {
    pub(crate) fn new(region: &'static str) -> Self {
        Self { region, events: PerWorker::new(), load_micros: AtomicU64::new(0) }
    }

    pub(crate) fn count(&self, event: Event) {
        self.events.local()[event as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn loaded(&self, event: Event, elapsed: Duration) {
        self.count(event);
        self.load_micros.fetch_add(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn of(&self, event: Event) -> u64 {
        self.events.iter().map(|cell| cell[event as usize].load(Ordering::Relaxed)).sum()
    }
}

/// Shows the counts as metrics.
#[derive(Debug)]
pub(crate) struct Shown(pub(crate) Cache);

type Series<'s> = (&'s str, &'s str, &'s str, &'s [(&'s str, Event)]);

impl Collector for Shown {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let counts = self.0.counts();
        let families: [Series<'_>; 5] = [
            (
                "cache_hits",
                "Answers from what is kept, by where it lay",
                "level",
                &[("memory", Event::Memory), ("redis", Event::Remote)],
            ),
            (
                "cache_misses",
                "Questions that nothing kept answered",
                "reason",
                &[("absent", Event::Miss), ("passed", Event::Passed)],
            ),
            ("cache_loads", "Loads by how they ended", "result", &[("ok", Event::Loaded), ("failed", Event::LoadFailed)]),
            (
                "cache_stale_served",
                "Answers past their end, because loading was slow or failed",
                "reason",
                &[("load", Event::Stale)],
            ),
            (
                "cache_loads_saved",
                "Loads that were not needed because another one ran, or was done ahead",
                "by",
                &[("flight", Event::Waited), ("eager", Event::Eager)],
            ),
        ];
        for (name, help, label, series) in families {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (value, event) in series {
                for counts in &counts {
                    let labels = [("region", counts.region), (label, *value)];
                    family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&counts.of(*event), None)?;
                }
            }
        }
        let help = "Time that loads took";
        let mut family = encoder.encode_descriptor("cache_load_seconds", help, None, MetricType::Counter)?;
        for counts in &counts {
            let seconds = Duration::from_micros(counts.load_micros.load(Ordering::Relaxed)).as_secs_f64();
            family.encode_family(&[("region", counts.region)])?.encode_counter::<NoLabelSet, _, u64>(&seconds, None)?;
        }
        self.encode_whole(&mut encoder)
    }
}

impl Shown {
    fn encode_whole(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let inner = &self.0.0;
        let errors = match &inner.company {
            Known::Shared(remote) => remote.errors(),
            Known::Alone | Known::Apart => 0,
        };
        let counters = [
            ("cache_evictions", "Values that went from memory to make room", inner.memory.evictions()),
            ("cache_remote_errors", "Questions that Redis did not answer", errors),
        ];
        for (name, help, number) in counters {
            let mut counter = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            counter.encode_counter::<NoLabelSet, _, u64>(&number, None)?;
        }
        let gauges = [
            ("cache_entries", "Values in memory", inner.memory.len()),
            ("cache_bytes", "What values in memory take", inner.memory.bytes()),
            ("cache_hears_others", "Whether changes of other processes are heard", u64::from(inner.hearing().is_some())),
        ];
        for (name, help, number) in gauges {
            encoder.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&number)?;
        }
        Ok(())
    }
}
