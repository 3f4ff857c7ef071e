//! Load by wrk, and what it measured.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use super::usage;
use crate::tools::WRK;
use crate::{process, workspace};

/// Clients that each send the next request when they have their answer.
pub(super) const CONNECTIONS: u32 = 64;

/// What the clients ask for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Case {
    /// `GET /api/v1/goals?limit=20`, of 200.
    List,
    /// `POST /api/v1/content/journal`.
    Create,
    /// Four lists, then one create.
    Mixed,
}

impl Case {
    pub(super) const ALL: [Self; 3] = [Self::List, Self::Create, Self::Mixed];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Create => "create",
            Self::Mixed => "mixed",
        }
    }
}

/// One measurement. Times are in the unit of their name.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Measurement {
    pub(super) subject: &'static str,
    pub(super) case: Case,
    pub(super) requests_per_second: f64,
    /// pgbench tells its average only.
    pub(super) latency: Option<Latency>,
    /// Of the process that answers; pgbench has none.
    pub(super) processor_microseconds_per_request: Option<f64>,
    /// Of PostgreSQL, where there is one.
    pub(super) database_microseconds_per_request: Option<f64>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Latency {
    pub(super) p50_milliseconds: f64,
    pub(super) p95_milliseconds: f64,
    pub(super) p99_milliseconds: f64,
}

/// Who is measured.
pub(super) struct Subject<'a> {
    pub(super) name: &'static str,
    pub(super) url: &'a str,
    pub(super) token: &'a str,
    pub(super) pid: u32,
    /// PostgreSQL's parent process.
    pub(super) database_pid: Option<u32>,
}

/// What `bench/load/api.lua` prints.
#[derive(Deserialize)]
struct Counted {
    requests: u64,
    microseconds: u64,
    p50: u64,
    p95: u64,
    p99: u64,
    refused: u64,
    broken: u64,
}

impl Subject<'_> {
    /// Warms up, then measures for `length`. An answer that is not 2xx or 3xx is an error: what it would
    /// measure is not the call.
    pub(super) fn measure(&self, case: Case, length: Duration) -> Result<Measurement> {
        self.load(case, (length / 5).max(Duration::from_secs(1)))?;
        let processor = usage::processor_time(self.pid)?;
        let database = self.database_time()?;
        let counted = self.load(case, length)?;
        let processor = usage::processor_time(self.pid)?.saturating_sub(processor);
        let database = self.database_time()?.zip(database).map(|(after, before)| after.saturating_sub(before));

        let per_request = |time: Duration| time.as_secs_f64() * 1e6 / counted.requests as f64;
        let milliseconds = |microseconds: u64| microseconds as f64 / 1e3;
        Ok(Measurement {
            subject: self.name,
            case,
            requests_per_second: counted.requests as f64 * 1e6 / counted.microseconds as f64,
            latency: Some(Latency {
                p50_milliseconds: milliseconds(counted.p50),
                p95_milliseconds: milliseconds(counted.p95),
                p99_milliseconds: milliseconds(counted.p99),
            }),
            processor_microseconds_per_request: Some(per_request(processor)),
            database_microseconds_per_request: database.map(per_request),
        })
    }

    fn database_time(&self) -> Result<Option<Duration>> {
        self.database_pid.map(usage::processor_time_of_family).transpose()
    }

    fn load(&self, case: Case, length: Duration) -> Result<Counted> {
        let mut wrk = Command::new(WRK.require()?);
        wrk.args(["--threads", "1", "--connections", &CONNECTIONS.to_string()]);
        wrk.args(["--duration", &format!("{}s", length.as_secs()), "--timeout", "10s", "--script"]);
        wrk.arg(workspace::root().join("bench/load/api.lua")).arg(self.url).args(["--", case.name()]);
        wrk.env("BENCH_TOKEN", self.token).stderr(Stdio::inherit());
        let printed = process::output(&mut wrk)?;
        let counted = parse(&printed).with_context(|| format!("wrk did not report a result:\n{printed}"))?;
        let (refused, broken) = (counted.refused, counted.broken);
        ensure!(counted.requests > 0, "{} answered no request at all ({})", self.name, case.name());
        ensure!(
            refused + broken == 0,
            "{} ({}): {refused} of {} answers were errors, {broken} connections broke",
            self.name,
            case.name(),
            counted.requests
        );
        Ok(counted)
    }
}

fn parse(printed: &str) -> Option<Counted> {
    let line = printed.lines().find_map(|line| line.strip_prefix("RESULT "))?;
    serde_json::from_str(line).ok()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_line_of_the_script_is_found_among_those_of_wrk() {
        let printed = "Running 3s test\nRESULT {\"requests\":9,\"microseconds\":3000000,\"p50\":1,\"p95\":2,\
                       \"p99\":3,\"max\":4,\"refused\":0,\"broken\":0}\n";
        let counted = parse(printed).unwrap();
        assert_eq!((counted.requests, counted.p99), (9, 3));
        assert!(parse("Running 3s test\n").is_none());
    }
}
