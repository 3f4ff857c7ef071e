//! The calls of `bench api`, and what was measured of them.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::usage;
use super::wrk::{Counted, Latency, Load};

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

/// Who is measured.
pub(super) struct Subject<'a> {
    pub(super) name: &'static str,
    pub(super) url: &'a str,
    pub(super) token: &'a str,
    pub(super) pid: u32,
    /// PostgreSQL's parent process.
    pub(super) database_pid: Option<u32>,
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
        Ok(Measurement {
            subject: self.name,
            case,
            requests_per_second: counted.requests_per_second(),
            latency: Some(counted.latency()),
            processor_microseconds_per_request: Some(per_request(processor)),
            database_microseconds_per_request: database.map(per_request),
        })
    }

    fn database_time(&self) -> Result<Option<Duration>> {
        self.database_pid.map(usage::processor_time_of_family).transpose()
    }

    fn load(&self, case: Case, length: Duration) -> Result<Counted> {
        let load = Load {
            script: "api.lua",
            url: self.url,
            word: case.name(),
            token: Some(self.token),
            connections: CONNECTIONS,
            length,
            processor: None,
        };
        load.run().with_context(|| format!("{} ({})", self.name, case.name()))
    }
}
