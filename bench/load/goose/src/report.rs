//! What a run found.

use std::collections::BTreeMap;
use std::fmt;

use goose::metrics::GooseMetrics;
use serde::Serialize;

use crate::script::Thresholds;

/// Times are milliseconds; Goose rounds those above 100 to 10, and those above 500 to 100.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    script: &'static str,
    seconds: usize,
    /// All that came, in the whole run.
    users: usize,
    total: Figures,
    calls: BTreeMap<String, Figures>,
    /// What went wrong how often, the first of many.
    failures: BTreeMap<String, usize>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    requests: usize,
    failed: usize,
    requests_per_second: f64,
    p50: usize,
    p95: usize,
    p99: usize,
    slowest: usize,
}

/// How many answers took so many milliseconds.
type Times = BTreeMap<usize, usize>;

const FAILURES_SHOWN: usize = 20;

impl Report {
    pub(crate) fn of(script: &'static str, metrics: &GooseMetrics) -> Self {
        let (mut all, mut slowest, mut failed) = (Times::new(), 0, 0);
        let mut calls = BTreeMap::new();
        for (name, call) in &metrics.requests {
            let data = &call.raw_data;
            for (time, count) in &data.times {
                *all.entry(*time).or_default() += count;
            }
            slowest = slowest.max(data.maximum_time);
            failed += call.fail_count;
            calls.insert(name.clone(), Figures::of(&data.times, data.maximum_time, call.fail_count, metrics.duration));
        }
        let failures = metrics.errors.values().take(FAILURES_SHOWN);
        Self {
            script,
            seconds: metrics.duration,
            users: metrics.total_users,
            total: Figures::of(&all, slowest, failed, metrics.duration),
            calls,
            failures: failures.map(|failure| (format!("{} {}", failure.name, failure.error), failure.occurrences)).collect(),
        }
    }

    /// What is worse than it may be, in words.
    pub(crate) fn broken(&self, most: &Thresholds) -> Vec<String> {
        let mut broken = Vec::new();
        if self.total.requests == 0 {
            broken.push("nothing was asked".to_owned());
        }
        if self.total.p95 >= most.p95_milliseconds {
            broken.push(format!("p95 is {} ms, and should be below {} ms", self.total.p95, most.p95_milliseconds));
        }
        let percent = 100.0 * self.total.failed as f64 / self.total.requests.max(1) as f64;
        if percent >= most.error_percent {
            broken.push(format!("{percent:.3} % failed, and should be below {} %", most.error_percent));
        }
        broken
    }
}

impl Figures {
    fn of(times: &Times, slowest: usize, failed: usize, seconds: usize) -> Self {
        let requests: usize = times.values().sum();
        Self {
            requests,
            failed,
            requests_per_second: requests as f64 / seconds.max(1) as f64,
            p50: percentile(times, requests, 50),
            p95: percentile(times, requests, 95),
            p99: percentile(times, requests, 99),
            slowest,
        }
    }
}

/// The time within which so many percent had their answer (nearest rank).
fn percentile(times: &Times, requests: usize, percent: usize) -> usize {
    let rank = (requests * percent).div_ceil(100).max(1);
    let mut seen = 0;
    for (time, count) in times {
        seen += count;
        if seen >= rank {
            return *time;
        }
    }
    0
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { script, users, seconds, .. } = self;
        writeln!(formatter, "{script}: {users} users, {seconds} s\n")?;
        writeln!(
            formatter,
            "{:<46} {:>9} {:>7} {:>9} {:>6} {:>6} {:>6} {:>8}",
            "", "requests", "failed", "/s", "p50", "p95", "p99", "slowest"
        )?;
        let total = ("all".to_owned(), &self.total);
        for (name, figures) in self.calls.iter().map(|(name, figures)| (name.clone(), figures)).chain([total]) {
            let Figures { requests, failed, requests_per_second, p50, p95, p99, slowest } = figures;
            writeln!(
                formatter,
                "{name:<46} {requests:>9} {failed:>7} {requests_per_second:>9.1} {p50:>6} {p95:>6} {p99:>6} {slowest:>8}"
            )?;
        }
        for (failure, count) in &self.failures {
            writeln!(formatter, "{count} × {failure}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(times: &[(usize, usize)], failed: usize) -> Report {
        let times: Times = times.iter().copied().collect();
        let total = Figures::of(&times, 0, failed, 10);
        let (calls, failures) = (BTreeMap::new(), BTreeMap::new());
        Report { script: "arrivals", seconds: 10, users: 1, total, calls, failures }
    }

    const MOST: Thresholds = Thresholds { p95_milliseconds: 500, error_percent: 0.1 };

    #[test]
    fn percentiles_are_nearest_ranks() {
        let total = report(&[(1, 50), (2, 45), (300, 4), (900, 1)], 0).total;
        assert_eq!((total.p50, total.p95, total.p99, total.requests), (1, 2, 300, 100));
        assert_eq!(report(&[], 0).total.p95, 0);
    }

    #[test]
    fn a_run_is_good_only_below_both_thresholds() {
        assert_eq!(report(&[(499, 1000)], 0).broken(&MOST), Vec::<String>::new());
        assert_eq!(report(&[(1, 94), (500, 6)], 0).broken(&MOST).len(), 1);
        assert_eq!(report(&[(1, 1000)], 1).broken(&MOST).len(), 1);
        assert_eq!(report(&[(1, 10_000)], 9).broken(&MOST), Vec::<String>::new());
        assert_eq!(report(&[], 0).broken(&MOST), ["nothing was asked"]);
    }
}
