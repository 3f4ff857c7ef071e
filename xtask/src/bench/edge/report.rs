//! The table and the ratios of `bench edge`.

use serde_json::{Value, json};

use super::super::report::{Aim, aim_line};
use super::{CASES, Measurement, Results, SERVICE, SMALL_64};

pub(super) fn table(results: &Results) -> String {
    let mut lines = vec![format!(
        "\n{:<26} {:<13} {:>10} {:>8} {:>8} {:>8} {:>10}",
        "", "", "requests/s", "p50 ms", "p95 ms", "p99 ms", "CPU µs/req"
    )];
    lines.extend(results.measurements.iter().map(|found| {
        format!(
            "{:<26} {:<13} {:>10.0} {:>8.2} {:>8.2} {:>8.2} {:>10.1}",
            found.subject,
            found.case.name,
            found.requests_per_second,
            found.latency.p50_milliseconds,
            found.latency.p95_milliseconds,
            found.latency.p99_milliseconds,
            found.processor_microseconds_per_request,
        )
    }));
    lines.push(String::new());
    lines.extend(
        results
            .idle
            .iter()
            .map(|idle| format!("{:<26} {:>6.1} KiB an idle connection", idle.subject, idle.kilobytes_per_connection)),
    );
    lines.push("\naims".to_owned());
    lines.extend(aims(results).iter().map(aim_line));
    lines.join("\n") + "\n"
}

pub(super) fn json(results: &Results) -> Value {
    json!({"results": results, "aims": aims(results)})
}

fn aims(results: &Results) -> Vec<Aim> {
    let find = |subject: &str, case| results.measurements.iter().find(|found| found.subject == subject && found.case == case);
    let cost = |found: &Measurement| found.processor_microseconds_per_request;
    let mut aims = Vec::new();
    let mut compare = |what: String, ours: Option<&Measurement>, peer: Option<&Measurement>, limit| {
        if let (Some(ours), Some(peer)) = (ours, peer) {
            aims.push(Aim::at_most(what, cost(ours) / cost(peer), limit));
        }
    };
    for case in CASES {
        let what = format!("bare to nginx, CPU a request: {}", case.name);
        compare(what, find("Banyan, bare", case), find("nginx", case), 1.0);
    }
    let nginx = find("nginx", SMALL_64);
    compare("whole chain to bare nginx, CPU a request".to_owned(), find("Banyan, whole chain", SMALL_64), nginx, 1.2);
    let (one, two) = (find("Banyan, one process", SERVICE), find("nginx + Banyan's service", SERVICE));
    compare("one process to nginx + service, CPU a request".to_owned(), one, two, 0.45);
    for case in CASES {
        if let (Some(ours), Some(peer)) = (find("Banyan, bare", case), find("nginx", case)) {
            let ratio = ours.latency.p99_milliseconds / peer.latency.p99_milliseconds;
            aims.push(Aim::at_most(format!("bare to nginx, p99: {}", case.name), ratio, 1.0));
        }
    }
    aims
}

#[cfg(test)]
mod tests {
    use super::super::tests::measurement;
    use super::*;

    #[test]
    fn what_costs_less_than_the_peer_reaches_its_aim() {
        let measurements = vec![
            measurement("nginx", SMALL_64, 10.0),
            measurement("Banyan, bare", SMALL_64, 9.0),
            measurement("Banyan, whole chain", SMALL_64, 13.0),
        ];
        let results = Results { seconds: 1, rounds: 1, measurements, idle: Vec::new() };
        let reached: Vec<_> = aims(&results).iter().map(|aim| (aim.found, aim.reached)).collect();
        assert_eq!(reached, [(0.9, true), (1.3, false), (1.0, true)]);
        assert!(table(&results).contains("Banyan, whole chain"));
    }
}
