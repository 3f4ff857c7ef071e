//! The table, the ratios to the yardsticks, and what goes into the JSON file.

use serde::Serialize;
use serde_json::{Value, json};

use super::api::{Footprint, Results};
use super::load::{Case, Measurement};

/// A figure beside the one that we want to reach.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Aim {
    pub(super) what: String,
    pub(super) found: f64,
    aim: f64,
    pub(super) reached: bool,
}

impl Aim {
    pub(super) fn at_least(what: impl Into<String>, found: f64, aim: f64) -> Self {
        Self { what: what.into(), found, aim, reached: found >= aim }
    }

    fn below(what: impl Into<String>, found: f64, aim: f64) -> Self {
        Self { what: what.into(), found, aim, reached: found < aim }
    }

    pub(super) fn at_most(what: impl Into<String>, found: f64, aim: f64) -> Self {
        Self { what: what.into(), found, aim, reached: found <= aim }
    }
}

/// The results as a person reads them.
pub(super) fn table(results: &Results) -> String {
    let mut lines = vec![
        format!("\n{:<28} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8}", "", "requests", "p50", "p95", "p99", "CPU", "DB's CPU"),
        format!("{:<28} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8}", "", "/s", "ms", "ms", "ms", "µs/req", "µs/req"),
    ];
    lines.extend(results.measurements.iter().map(measurement_line));
    lines.push(format!("\n{:<28} {:>12} {:>12} {:>10} {:>10}", "", "first start", "start", "idle", "peak"));
    lines.extend(results.footprints.iter().map(footprint_line));
    lines.push("\naims".to_owned());
    lines.extend(aims(results).iter().map(aim_line));
    lines.join("\n") + "\n"
}

fn measurement_line(found: &Measurement) -> String {
    let latency = found.latency.as_ref();
    format!(
        "{:<20} {:<7} {:>9.0} {:>8} {:>8} {:>8} {:>8} {:>8}",
        found.subject,
        found.case.name(),
        found.requests_per_second,
        cell(latency.map(|latency| latency.p50_milliseconds), 1),
        cell(latency.map(|latency| latency.p95_milliseconds), 1),
        cell(latency.map(|latency| latency.p99_milliseconds), 1),
        cell(found.processor_microseconds_per_request, 0),
        cell(found.database_microseconds_per_request, 0),
    )
}

fn footprint_line(found: &Footprint) -> String {
    format!(
        "{:<28} {:>9} ms {:>9} ms {:>7.0} MB {:>7.0} MB",
        found.subject,
        cell(found.first_start_milliseconds, 0),
        cell(found.start_milliseconds, 0),
        found.idle_megabytes,
        found.peak_megabytes,
    )
}

pub(super) fn aim_line(aim: &Aim) -> String {
    let sign = if aim.reached { "✓" } else { "✗" };
    format!("{sign} {:<52} {:>9.2}   aim {}", aim.what, aim.found, aim.aim)
}

/// The results as programs read them.
pub(super) fn json(results: &Results) -> Value {
    json!({"results": results, "aims": aims(results)})
}

fn aims(results: &Results) -> Vec<Aim> {
    let mut aims = Vec::new();
    let find = |subject: &str, case| results.measurements.iter().find(|found| found.subject == subject && found.case == case);
    for case in [Case::List, Case::Create] {
        if let Some(found) = find("Banyan, SQLite", case) {
            aims.push(Aim::at_least(format!("SQLite: {} per second", case.name()), found.requests_per_second, 5_000.0));
        }
    }
    for case in Case::ALL {
        let Some(ours) = find("Banyan, PostgreSQL", case) else {
            continue;
        };
        if let Some(limit) = find("pgbench", case) {
            let ratio = ours.requests_per_second / limit.requests_per_second;
            aims.push(Aim::at_least(format!("PostgreSQL: {} to pgbench", case.name()), ratio, 0.6));
        }
        if let Some(ratio) = find("Fastify, PostgreSQL", case).and_then(|peer| thrift(ours, peer)) {
            aims.push(Aim::at_least(format!("PostgreSQL: {} per CPU second to Fastify", case.name()), ratio, 4.0));
        }
    }
    for found in results.measurements.iter().filter(|found| found.subject.starts_with("Banyan")) {
        if let Some(latency) = &found.latency {
            let what = format!("{}: {}, p95 in ms", found.subject, found.case.name());
            aims.push(Aim::below(what, latency.p95_milliseconds, 10.0));
        }
    }
    for found in &results.footprints {
        if let Some(start) = found.start_milliseconds {
            aims.push(Aim::below(format!("{}: start to ready in ms", found.subject), start, 1_000.0));
            aims.push(Aim::below(format!("{}: idle memory in MB", found.subject), found.idle_megabytes, 60.0));
        }
    }
    aims
}

/// How many requests we answer with the processor time that the peer needs for one.
fn thrift(ours: &Measurement, peer: &Measurement) -> Option<f64> {
    Some(peer.processor_microseconds_per_request? / ours.processor_microseconds_per_request?)
}

fn cell(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.decimals$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measurement(subject: &'static str, requests_per_second: f64, processor: Option<f64>) -> Measurement {
        Measurement {
            subject,
            case: Case::List,
            requests_per_second,
            latency: None,
            processor_microseconds_per_request: processor,
            database_microseconds_per_request: None,
        }
    }

    fn results(measurements: Vec<Measurement>) -> Results {
        Results { seconds: 1, processors: 2, measurements, footprints: Vec::new() }
    }

    #[test]
    fn ratios_are_ours_to_the_limit_and_the_peers_cost_to_ours() {
        let aims = aims(&results(vec![
            measurement("Banyan, PostgreSQL", 3_000.0, Some(100.0)),
            measurement("Fastify, PostgreSQL", 2_000.0, Some(350.0)),
            measurement("pgbench", 5_000.0, None),
        ]));
        assert_eq!(
            aims,
            [
                Aim { what: "PostgreSQL: list to pgbench".into(), found: 0.6, aim: 0.6, reached: true },
                Aim { what: "PostgreSQL: list per CPU second to Fastify".into(), found: 3.5, aim: 4.0, reached: false },
            ]
        );
    }

    #[test]
    fn every_measurement_has_a_line_and_what_is_not_known_a_dash() {
        let text = table(&results(vec![measurement("pgbench", 5_000.0, None)]));
        assert!(text.contains("pgbench              list         5000        –"), "{text}");
    }
}
