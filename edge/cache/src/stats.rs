//! What the cache counts.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use banyan_telemetry::metrics::prometheus::collector::Collector;
use banyan_telemetry::metrics::prometheus::encoding::{DescriptorEncoder, NoLabelSet};
use banyan_telemetry::metrics::prometheus::metrics::MetricType;

use serde::Serialize;

use crate::store::Store;

/// How requests were answered since the start.
#[derive(Debug, Default)]
pub struct CacheStats {
    pub(crate) hits: AtomicU64,
    pub(crate) stale: AtomicU64,
    pub(crate) revalidated: AtomicU64,
    pub(crate) misses: AtomicU64,
    pub(crate) passed: AtomicU64,
    pub(crate) waited: AtomicU64,
    pub(crate) stored: AtomicU64,
    pub(crate) purges: AtomicU64,
    pub(crate) shared: AtomicU64,
}

/// The counts at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatsReport {
    /// Answered by a fresh stored answer.
    pub hits: u64,
    /// Answered by a stale one: while it was renewed, instead of an error, or because the client accepts it.
    pub stale: u64,
    /// Answered by a stored one that the origin said still holds.
    pub revalidated: u64,
    /// Answered by the origin, what was stored or could have been.
    pub misses: u64,
    /// Sent on without looking further: nothing that can be stored.
    pub passed: u64,
    /// Waited for the answer to another request.
    pub waited: u64,
    pub stored: u64,
    pub purges: u64,
    /// Of the hits, how many another door had fetched.
    pub shared: u64,
    pub records: u64,
    pub bytes: u64,
    pub capacity_bytes: u64,
    pub evictions: u64,
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl CacheStats {
    pub(crate) fn report(&self, store: &Store) -> StatsReport {
        let usage = store.usage();
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        StatsReport {
            hits: read(&self.hits),
            stale: read(&self.stale),
            revalidated: read(&self.revalidated),
            misses: read(&self.misses),
            passed: read(&self.passed),
            waited: read(&self.waited),
            stored: read(&self.stored),
            purges: read(&self.purges),
            shared: read(&self.shared),
            records: usage.records,
            bytes: usage.bytes,
            capacity_bytes: usage.capacity_bytes,
            evictions: usage.evictions,
        }
    }
}

/// Shows the counts as metrics.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) stats: Arc<CacheStats>,
    pub(crate) store: Arc<Store>,
}

impl Collector for Shown {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let report = self.stats.report(&self.store);
        let results = [
            ("hit", report.hits),
            ("stale", report.stale),
            ("revalidated", report.revalidated),
            ("miss", report.misses),
            ("pass", report.passed),
        ];
        let help = "Requests to cached routes by how they were answered";
        let mut family = encoder.encode_descriptor("http_cache_requests", help, None, MetricType::Counter)?;
        for (result, number) in results {
            let labels = [("result", result)];
            family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&number, None)?;
        }
        let counters = [
            ("http_cache_waited", "Requests that waited for another one's answer", report.waited),
            ("http_cache_stored", "Answers that were stored", report.stored),
            ("http_cache_evictions", "Records that went to make room", report.evictions),
            ("http_cache_purges", "Purges and changes that ended stored answers", report.purges),
            ("http_cache_shared_hits", "Hits that another door had fetched", report.shared),
        ];
        for (name, help, number) in counters {
            let mut counter = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            counter.encode_counter::<NoLabelSet, _, u64>(&number, None)?;
        }
        let gauges = [
            ("http_cache_records", "Addresses with stored answers", report.records),
            ("http_cache_bytes", "Memory of stored answers", report.bytes),
            ("http_cache_capacity_bytes", "Memory that stored answers may take", report.capacity_bytes),
        ];
        for (name, help, number) in gauges {
            encoder.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&number)?;
        }
        Ok(())
    }
}
