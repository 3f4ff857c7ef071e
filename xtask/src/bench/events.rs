//! `cargo xtask bench events`: from a durable publish to a durable effect, beside Redis Streams and NATS JetStream; through JetStream to a
//! program outside; and how fast a full log is relayed.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::report::{Aim, aim_line};
use super::usage;
use crate::broker::Server;
use crate::postgres::{Durability, Throwaway};
use crate::redis::{self, Keeps};
use crate::{nats, process, workspace};

const EXAMPLE: &str = "throughput";
const DATABASE: &str = "banyan_events";
/// At which the delay is looked at.
const RATE: u64 = 10_000;
/// The same through a broker.
const LOW_RATE: u64 = 2_000;

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    subject: Subject,
    nodes: u16,
    /// Events of a publishing transaction.
    batch: u16,
    /// Publishers that wait at the same time.
    at_once: u16,
    rate: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
enum Subject {
    Sqlite,
    Postgres,
    Redis,
    JetStream,
    /// Through JetStream to a program outside.
    PostgresThroughJetStream,
    /// A full log to a broker.
    SqliteToJetStream,
    SqliteToRedis,
    PostgresToJetStream,
    PostgresToRedis,
}

impl Subject {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "Banyan, SQLite",
            Self::Postgres => "Banyan, PostgreSQL",
            Self::Redis => "Redis Streams",
            Self::JetStream => "NATS JetStream",
            Self::PostgresThroughJetStream => "PostgreSQL + JetStream",
            Self::SqliteToJetStream => "relay, SQLite → JetStream",
            Self::SqliteToRedis => "relay, SQLite → Redis",
            Self::PostgresToJetStream => "relay, PostgreSQL → JetStream",
            Self::PostgresToRedis => "relay, PostgreSQL → Redis",
        }
    }
}

/// What of a relay is measured, by which option of the program.
const WHOLE_LOG: &str = "--relay";
const THROUGH: &str = "--through";

/// What the program prints. Times are milliseconds.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    handled: u64,
    published_per_second: f64,
    handled_per_second: f64,
    p50: f64,
    p99: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    #[serde(flatten)]
    case: Case,
    #[serde(flatten)]
    found: Found,
    /// Microseconds of the program for each event; for SQLite that is all there is.
    processor: f64,
    /// The same of the server.
    server_processor: Option<f64>,
}

pub(super) fn run(events: u64) -> Result<()> {
    let mut build = workspace::cargo();
    process::run(build.args(["build", "--release", "--package", "banyan-events", "--example", EXAMPLE]))?;
    let target = workspace::target_directory()?;
    let folder = target.join("bench/events");
    let bench = Bench { program: target.join("release/examples").join(EXAMPLE), folder: folder.clone(), events };
    let mut lines = Vec::new();
    for case in cases() {
        println!("{}: {}", case.subject.name(), pace(&case));
        lines.push(bench.measure(case)?);
    }
    println!("{}", table(events, &lines));
    let aims = aims(&lines);
    println!("{}\n", aims.iter().map(aim_line).collect::<Vec<_>>().join("\n"));
    let file = folder.with_file_name("events.json");
    fs::write(&file, serde_json::to_string_pretty(&json!({ "events": events, "cases": lines, "aims": aims }))?)?;
    println!("written to {}", file.display());
    Ok(())
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (subject, at_once) in [(Subject::Sqlite, 256), (Subject::Postgres, 64), (Subject::Redis, 256), (Subject::JetStream, 256)]
    {
        let case = |nodes, batch, rate| Case { subject, nodes, batch, at_once, rate };
        cases.extend([case(1, 1, None), case(1, 16, None), case(1, 16, Some(RATE))]);
        match subject {
            Subject::Sqlite => cases.push(case(1, 1, Some(RATE))),
            _ => cases.push(case(3, 16, None)),
        }
    }
    let case = |nodes, rate| Case { subject: Subject::PostgresThroughJetStream, nodes, batch: 16, at_once: 64, rate };
    cases.extend([case(1, None), case(1, Some(LOW_RATE)), case(1, Some(RATE)), case(3, None)]);
    for subject in [Subject::SqliteToJetStream, Subject::SqliteToRedis, Subject::PostgresToJetStream, Subject::PostgresToRedis] {
        cases.push(Case { subject, nodes: 1, batch: 128, at_once: 1, rate: None });
    }
    cases
}

struct Bench {
    program: PathBuf,
    folder: PathBuf,
    events: u64,
}

impl Bench {
    fn measure(&self, case: Case) -> Result<Line> {
        let _ = fs::remove_dir_all(&self.folder);
        fs::create_dir_all(&self.folder)?;
        match case.subject {
            Subject::Sqlite => self.run(case, &self.sqlite(), None, None),
            Subject::Postgres => Self::with_postgres(|url, pid| self.run(case, url, None, Some(pid))),
            Subject::Redis => {
                let redis = redis::start(Keeps::Everything)?;
                self.run(case, &redis.url(), None, Some(redis.pid()))
            }
            Subject::JetStream => {
                let nats = self.nats()?;
                self.run(case, &nats.url(), None, Some(nats.pid()))
            }
            Subject::PostgresThroughJetStream => {
                let nats = self.nats()?;
                Self::with_postgres(|url, pid| self.run(case, url, Some((THROUGH, &nats.url())), Some(pid)))
            }
            Subject::SqliteToJetStream => {
                let nats = self.nats()?;
                self.run(case, &self.sqlite(), Some((WHOLE_LOG, &nats.url())), Some(nats.pid()))
            }
            Subject::SqliteToRedis => {
                let redis = redis::start(Keeps::Everything)?;
                self.run(case, &self.sqlite(), Some((WHOLE_LOG, &redis.url())), Some(redis.pid()))
            }
            Subject::PostgresToJetStream => {
                let nats = self.nats()?;
                Self::with_postgres(|url, pid| self.run(case, url, Some((WHOLE_LOG, &nats.url())), Some(pid)))
            }
            Subject::PostgresToRedis => {
                let redis = redis::start(Keeps::Everything)?;
                Self::with_postgres(|url, pid| self.run(case, url, Some((WHOLE_LOG, &redis.url())), Some(pid)))
            }
        }
    }

    fn sqlite(&self) -> String {
        format!("sqlite:{}", self.folder.join("data").display())
    }

    fn nats(&self) -> Result<Server> {
        nats::start(&self.folder.join("nats"))
    }

    /// With the URL of one that keeps what it acknowledged, and the server's process.
    fn with_postgres(measure: impl FnOnce(&str, u32) -> Result<Line>) -> Result<Line> {
        let postgres = Throwaway::start(Durability::Durable)?;
        let cluster = postgres.cluster();
        cluster.recreate_database(DATABASE)?;
        measure(&cluster.url(DATABASE), cluster.pid()?)
    }

    /// `broker`: an option of the program, and where the broker is. `server`: whose processor time counts.
    fn run(&self, case: Case, target: &str, broker: Option<(&str, &str)>, server: Option<u32>) -> Result<Line> {
        let mut command = Command::new(&self.program);
        if let Some((option, url)) = broker {
            command.args([option, url]);
        }
        let events = if case.rate.is_some() { self.events / 2 } else { self.events };
        command.arg(target).args(["--events", &events.to_string(), "--nodes", &case.nodes.to_string()]);
        command.args(["--batch", &case.batch.to_string(), "--at-once", &case.at_once.to_string()]);
        if let Some(rate) = case.rate {
            command.args(["--rate", &rate.to_string()]);
        }
        let used = || -> Result<_> {
            let server = server.map(usage::processor_time_of_family).transpose()?;
            Ok((usage::processor_time_of_family(std::process::id())?, server))
        };
        let before = used()?;
        let text = process::output(&mut command)?;
        let after = used()?;
        let found: Found = serde_json::from_str(&text).context("the measurement said something else")?;
        let each = |time: std::time::Duration| time.as_secs_f64() * 1e6 / events as f64;
        let server_processor = after.1.zip(before.1).map(|(after, before)| each(after.saturating_sub(before)));
        Ok(Line { case, found, processor: each(after.0.saturating_sub(before.0)), server_processor })
    }
}

fn pace(case: &Case) -> String {
    if case.at_once == 1 {
        return "a log that was written before".to_owned();
    }
    let rate = case.rate.map_or_else(|| "as many as go".to_owned(), |rate| format!("{rate}/s"));
    format!("{} node{}, {} a transaction, {rate}", case.nodes, if case.nodes == 1 { "" } else { "s" }, case.batch)
}

fn table(events: u64, lines: &[Line]) -> String {
    let mut text = format!(
        "\n{events} events of 1 kB (half as many at a fixed pace); delay from before the publishing transaction to after the effect's\n\n"
    );
    let _infallible = writeln!(
        text,
        "{:<30} {:<42} {:>11} {:>10} {:>8} {:>8} {:>8} {:>8}",
        "", "", "published/s", "handled/s", "p50 ms", "p99 ms", "CPU µs", "server's"
    );
    for Line { case, found, processor, server_processor } in lines {
        let server = server_processor.map_or_else(|| "–".to_owned(), |time| format!("{time:.0}"));
        let _infallible = writeln!(
            text,
            "{:<30} {:<42} {:>11.0} {:>10.0} {:>8.1} {:>8.1} {processor:>8.0} {server:>8}",
            case.subject.name(),
            pace(case),
            found.published_per_second,
            found.handled_per_second,
            found.p50,
            found.p99,
        );
    }
    text
}

fn aims(lines: &[Line]) -> Vec<Aim> {
    let most = |subject| {
        let rates = lines.iter().filter(|line| line.case.subject == subject && line.case.rate.is_none());
        rates.map(|line| line.found.handled_per_second).fold(0.0, f64::max)
    };
    let mut aims = vec![
        Aim::at_least("SQLite: handled per second", most(Subject::Sqlite), 20_000.0),
        Aim::at_least("PostgreSQL: handled per second", most(Subject::Postgres), 10_000.0),
    ];
    let ours = |line: &&Line| matches!(line.case.subject, Subject::Sqlite | Subject::Postgres);
    for line in lines.iter().filter(ours).filter(|line| line.case.rate.is_some()) {
        aims.push(Aim::at_most(format!("{}: p99 in ms, {}", line.case.subject.name(), pace(&line.case)), line.found.p99, 20.0));
    }
    aims
}
