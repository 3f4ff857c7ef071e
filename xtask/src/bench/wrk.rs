//! Load by wrk.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::tools::WRK;
use crate::{process, workspace};

/// One run of wrk. Its clients each send the next request when they have their answer.
pub(super) struct Load<'a> {
    /// A script in `bench/load`.
    pub(super) script: &'static str,
    pub(super) url: &'a str,
    /// What the script is told: a case, or a path.
    pub(super) word: &'a str,
    pub(super) token: Option<&'a str>,
    pub(super) connections: u32,
    pub(super) length: Duration,
    /// The processor on which wrk may run. Any, if none.
    pub(super) processor: Option<usize>,
}

/// What `bench/load/result.lua` prints. Times are microseconds.
#[derive(Debug, Deserialize)]
pub(super) struct Counted {
    pub(super) requests: u64,
    microseconds: u64,
    p50: u64,
    p95: u64,
    p99: u64,
    refused: u64,
    broken: u64,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Latency {
    pub(super) p50_milliseconds: f64,
    pub(super) p95_milliseconds: f64,
    pub(super) p99_milliseconds: f64,
}

impl Load<'_> {
    /// Fails if nothing was answered, or anything not with 2xx or 3xx: what that would measure is not the call.
    pub(super) fn run(&self) -> Result<Counted> {
        let library = workspace::root().join("bench/load");
        let mut wrk = process::pinned(&WRK.require()?, self.processor)?;
        wrk.args(["--threads", "1", "--connections", &self.connections.to_string()]);
        wrk.args(["--duration", &format!("{}s", self.length.as_secs().max(1)), "--timeout", "10s", "--script"]);
        wrk.arg(library.join(self.script)).arg(self.url).args(["--", self.word]);
        wrk.env("BENCH_TOKEN", self.token.unwrap_or_default()).env("BENCH_LIBRARY", library).stderr(Stdio::inherit());
        let printed = process::output(&mut wrk)?;
        let counted = parse(&printed).with_context(|| format!("wrk did not report a result:\n{printed}"))?;
        let (refused, broken) = (counted.refused, counted.broken);
        ensure!(counted.requests > 0, "no request was answered at all");
        ensure!(refused + broken == 0, "{refused} of {} answers were errors, {broken} connections broke", counted.requests);
        Ok(counted)
    }
}

impl Counted {
    pub(super) fn requests_per_second(&self) -> f64 {
        self.requests as f64 * 1e6 / self.microseconds as f64
    }

    pub(super) fn latency(&self) -> Latency {
        let milliseconds = |microseconds: u64| microseconds as f64 / 1e3;
        Latency {
            p50_milliseconds: milliseconds(self.p50),
            p95_milliseconds: milliseconds(self.p95),
            p99_milliseconds: milliseconds(self.p99),
        }
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
