//! `cargo xtask bench edge`: the front door beside nginx and HAProxy.
//!
//! Every proxy is one worker on a processor of its own; the upstream (nginx, one small and one large answer) and the clients
//! share another. The figure that counts is the processor time of the proxy for a request.

mod banyan;
mod idle;
mod proxy;
mod report;

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::usage;
use super::wrk::{Latency, Load};
use crate::tools::{HAPROXY, NGINX, WRK};
use crate::workspace;
use banyan::Banyan;
use proxy::Peer;

/// What the clients ask for, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Case {
    pub(super) name: &'static str,
    path: &'static str,
    connections: u32,
}

const SMALL_64: Case = Case { name: "small, 64", path: "/bench/small", connections: 64 };

const CASES: [Case; 4] = [
    SMALL_64,
    Case { name: "small, 512", path: "/bench/small", connections: 512 },
    Case { name: "64 KiB, 64", path: "/bench/large", connections: 64 },
    Case { name: "64 KiB, 512", path: "/bench/large", connections: 512 },
];

/// A call of a service, for the door and the service in one process.
const SERVICE: Case = Case { name: "service, 64", path: "/api/v1/content/landing", connections: 64 };

/// One measurement: the median of the rounds by processor time.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Measurement {
    pub(super) subject: &'static str,
    pub(super) case: Case,
    pub(super) requests_per_second: f64,
    pub(super) latency: Latency,
    /// Of the proxy; with a service behind it, of both.
    pub(super) processor_microseconds_per_request: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Idle {
    pub(super) subject: &'static str,
    pub(super) kilobytes_per_connection: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Results {
    pub(super) seconds: u64,
    pub(super) rounds: usize,
    pub(super) measurements: Vec<Measurement>,
    pub(super) idle: Vec<Idle>,
}

/// Which processor is whose; with fewer than two, nobody's.
#[derive(Clone, Copy)]
struct Processors {
    proxy: Option<usize>,
    others: Option<usize>,
}

impl Processors {
    fn of_this_machine() -> Result<Self> {
        let several = std::thread::available_parallelism()?.get() > 1;
        Ok(Self { proxy: several.then_some(0), others: several.then_some(1) })
    }
}

/// Who is asked, and whose processor time counts.
struct Subject<'a> {
    name: &'static str,
    url: String,
    token: Option<&'a str>,
    pids: Vec<u32>,
    cases: &'a [Case],
}

pub(super) fn run(binary: &Path, length: Duration, rounds: usize) -> Result<()> {
    for tool in [WRK, NGINX, HAPROXY] {
        tool.require()?;
    }
    let folder = workspace::target_directory()?.join("bench/edge");
    fs::create_dir_all(&folder)?;
    let processors = Processors::of_this_machine()?;
    let upstream = Peer::upstream(&folder, processors.others)?;
    let nginx = Peer::nginx(&folder, upstream.port, processors.proxy)?;
    let haproxy = Peer::haproxy(&folder, upstream.port, processors.proxy)?;
    let bare = Banyan::bare(binary, &folder, upstream.port, processors.proxy)?;
    let chain = Banyan::whole_chain(binary, &folder, upstream.port, processors.proxy)?;
    let behind = Banyan::service(binary, &folder, "behind", processors.proxy)?;
    let in_front = Peer::nginx(&folder_of(&folder, "in-front")?, behind.port()?, processors.proxy)?;

    let one = [SMALL_64];
    let service = [SERVICE];
    let subjects = [
        Subject { name: "nginx", url: nginx.url(), token: None, pids: vec![nginx.pid()], cases: &CASES },
        Subject { name: "HAProxy", url: haproxy.url(), token: None, pids: vec![haproxy.pid()], cases: &CASES },
        Subject { name: "Banyan, bare", url: bare.url(), token: None, pids: vec![bare.pid()], cases: &CASES },
        Subject {
            name: "Banyan, whole chain",
            url: chain.url(),
            token: chain.token.as_deref(),
            pids: vec![chain.pid()],
            cases: &one,
        },
        Subject {
            name: "nginx + Banyan's service",
            url: in_front.url(),
            token: None,
            pids: vec![in_front.pid(), behind.pid()],
            cases: &service,
        },
        Subject { name: "Banyan, one process", url: behind.url(), token: None, pids: vec![behind.pid()], cases: &service },
    ];
    // Before any load: memory that a load leaves behind would be used again and look like none.
    let idle =
        [("nginx", nginx.pid(), nginx.port), ("HAProxy", haproxy.pid(), haproxy.port), ("Banyan", bare.pid(), bare.port()?)];
    let idle: Vec<Idle> = idle
        .into_iter()
        .map(|(subject, pid, port)| {
            Ok(Idle { subject, kilobytes_per_connection: idle::bytes_per_connection(pid, port)? / 1024.0 })
        })
        .collect::<Result<_>>()?;
    let mut rounds_of = Vec::new();
    for round in 1..=rounds {
        for subject in &subjects {
            for case in subject.cases {
                println!("round {round}: {}: {}", subject.name, case.name);
                let found = measure(subject, *case, processors, length)
                    .with_context(|| format!("{}: {}; logs are in {}", subject.name, case.name, folder.display()))?;
                rounds_of.push(found);
            }
        }
    }
    let results = Results { seconds: length.as_secs(), rounds, measurements: medians(&rounds_of), idle };
    println!("{}", report::table(&results));
    let file = folder.with_file_name("edge.json");
    fs::write(&file, serde_json::to_string_pretty(&report::json(&results))? + "\n")?;
    println!("written to {}", file.display());
    Ok(())
}

fn folder_of(folder: &Path, name: &str) -> Result<std::path::PathBuf> {
    let folder = folder.join(name);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn measure(subject: &Subject<'_>, case: Case, processors: Processors, length: Duration) -> Result<Measurement> {
    let load = |length| {
        let load = Load {
            script: "get.lua",
            url: &subject.url,
            word: case.path,
            token: subject.token,
            connections: case.connections,
            length,
            processor: processors.others,
        };
        load.run()
    };
    load(Duration::from_secs(1))?;
    let before = processor_time(&subject.pids)?;
    let counted = load(length)?;
    let used = processor_time(&subject.pids)?.saturating_sub(before);
    Ok(Measurement {
        subject: subject.name,
        case,
        requests_per_second: counted.requests_per_second(),
        latency: counted.latency(),
        processor_microseconds_per_request: used.as_secs_f64() * 1e6 / counted.requests as f64,
    })
}

fn processor_time(pids: &[u32]) -> Result<Duration> {
    pids.iter().map(|pid| usage::processor_time(*pid)).sum()
}

/// Of each subject and case the round in the middle, by processor time.
fn medians(rounds: &[Measurement]) -> Vec<Measurement> {
    let mut medians: Vec<Measurement> = Vec::new();
    for found in rounds {
        let same = |other: &&Measurement| other.subject == found.subject && other.case == found.case;
        if medians.iter().any(|known| same(&known)) {
            continue;
        }
        let mut alike: Vec<_> = rounds.iter().filter(same).collect();
        alike.sort_by(|one, other| one.processor_microseconds_per_request.total_cmp(&other.processor_microseconds_per_request));
        medians.push(alike[(alike.len() - 1) / 2].clone());
    }
    medians
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn measurement(subject: &'static str, case: Case, processor: f64) -> Measurement {
        let latency = Latency { p50_milliseconds: 1.0, p95_milliseconds: 2.0, p99_milliseconds: 3.0 };
        Measurement { subject, case, requests_per_second: 1.0, latency, processor_microseconds_per_request: processor }
    }

    #[test]
    fn the_round_in_the_middle_counts() {
        let rounds = [9.0, 1.0, 4.0].map(|cost| measurement("nginx", SMALL_64, cost));
        let medians = medians(&[&rounds[..], &[measurement("nginx", SERVICE, 7.0)]].concat());
        let costs: Vec<_> = medians.iter().map(|found| found.processor_microseconds_per_request).collect();
        assert_eq!(costs, [4.0, 7.0]);
    }
}
