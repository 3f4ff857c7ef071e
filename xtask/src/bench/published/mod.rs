//! `cargo xtask bench load`: the two published load scripts.
//!
//! - `people`: who calls, made through the API before the load.
//! - `goose`: our own form of the scripts, in `bench/load/goose`.
//! - `others`: the forms for Artillery, k6 and JMeter.
//! - `forms`: a test that all forms make the same calls.

#[cfg(test)]
mod forms;
mod goose;
mod others;
mod people;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use serde_json::{Value, json};

use super::usage;
use crate::postgres::{Cluster, Durability, Throwaway};
use crate::redis::{self, Keeps, Server};
use crate::server::{Options, Running};
use crate::workspace;
use people::People;

const DATABASE: &str = "banyan_load";

/// Limits are counted, and are wide enough for people who never sleep: by a plan, as an operator would do it. Everybody registers from one
/// address, which is what the class `auth` is there to stop.
const SETTINGS: &str = r#"[limits.tenants.upcoach]
plan = "load"

[limits.api]
plans.load = "1000000/15m"

[limits.ai]
plans.load = "1000000/15m"

[limits.auth]
anonymous = "1000000/15m"
plans.load = "1000000/15m"
"#;

/// A script, as its tools name it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Script {
    Arrivals,
    Stages,
}

impl Script {
    pub(super) const ALL: [Self; 2] = [Self::Arrivals, Self::Stages];

    fn name(self) -> &'static str {
        match self {
            Self::Arrivals => "arrivals",
            Self::Stages => "stages",
        }
    }
}

/// How much of it.
#[derive(Clone, Copy)]
pub(super) enum Length {
    /// Seconds, with a hundredth of the people.
    Quick,
    /// Percent of the published time, with all of them.
    Percent(u8),
}

/// What is wanted.
pub(super) struct Plan<'a> {
    pub(super) scripts: &'a [Script],
    pub(super) length: Length,
    /// How many people are made.
    pub(super) people: usize,
    pub(super) engine: Engine,
    pub(super) tools: Tools,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
    PostgresAndRedis,
}

/// By what the load is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tools {
    Goose,
    /// The forms of the others too, in short: they are there so that they can be compared, and must go on working.
    All,
}

/// Runs the scripts in turn against one server. Fails where a threshold is broken.
pub(super) fn run(binary: &Path, plan: &Plan<'_>) -> Result<()> {
    let tool = goose::build()?;
    let folder = workspace::target_directory()?.join("bench/load");
    let data = folder.join("data");
    let _ = fs::remove_dir_all(&data);
    fs::create_dir_all(&data)?;
    fs::write(data.join("banyan.toml"), SETTINGS)?;
    let postgres = match plan.engine {
        Engine::Sqlite => None,
        Engine::Postgres | Engine::PostgresAndRedis => Some(database()?),
    };
    let redis_server = (plan.engine == Engine::PostgresAndRedis).then(|| redis::start(Keeps::Nothing)).transpose()?;
    let mut environment = vec![("BANYAN_RATE_LIMITS", "on")];
    let redis = redis_server.as_ref().map(Server::url);
    environment.extend(redis.as_deref().map(|url| ("BANYAN_CACHE_REDIS_URL", url)));
    let url = postgres.as_ref().map(|postgres| postgres.cluster().url(DATABASE));
    let log = folder.join("banyan.log");
    let mut server = Running::start(&Options {
        binary,
        data: &data,
        database_url: url.as_deref(),
        arguments: &[],
        environment: &environment,
        processor: None,
        log: &log,
    })?;
    println!("making {} people", plan.people);
    let people = People::make(&server, plan.people)?.write(&folder)?;

    let mut broken = Vec::new();
    let mut results = Vec::new();
    for script in plan.scripts {
        let before = usage::processor_time(server.pid())?;
        let database_before = postgres.as_ref().map(|postgres| Work::of(postgres.cluster())).transpose()?;
        let ran = goose::run(&tool, *script, plan.length, server.url(), &people, &folder)?;
        let processor = usage::processor_time(server.pid())?.saturating_sub(before);
        println!("the server used {:.1} s of processor time", processor.as_secs_f64());
        let mut report = with(ran.report, "serverProcessorSeconds", json!(processor.as_secs_f64()));
        if let (Some(postgres), Some(before)) = (&postgres, database_before) {
            let work = Work::of(postgres.cluster())?.since(&before);
            println!("PostgreSQL used {:.1} s of processor time for {} transactions", work.processor_seconds, work.transactions);
            report = with(report, "database", serde_json::to_value(work)?);
        }
        println!();
        results.push(report);
        if !ran.kept {
            broken.push(format!("{} (Goose)", script.name()));
        }
        if plan.tools == Tools::All {
            broken.extend(others::run(*script, server.url(), &people)?);
        }
    }
    server.check_alive()?;
    let memory = usage::peak_memory(server.pid())? as f64 / (1024.0 * 1024.0);
    println!("the server held {memory:.0} MB at most; its log is {}", log.display());
    let file = folder.with_file_name("load.json");
    let found = json!({ "people": plan.people, "peakMegabytes": memory, "scripts": results });
    fs::write(&file, serde_json::to_string_pretty(&found)? + "\n")?;
    println!("written to {}", file.display());
    if broken.is_empty() {
        return Ok(());
    }
    bail!("thresholds were broken: {}", broken.join(", "))
}

fn database() -> Result<Throwaway> {
    let postgres = Throwaway::start(Durability::Durable)?;
    let cluster: &Cluster = postgres.cluster();
    cluster.recreate_database(DATABASE).context("cannot make the database of the load")?;
    Ok(postgres)
}

/// What PostgreSQL has done since it was started.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Work {
    processor_seconds: f64,
    transactions: i64,
}

impl Work {
    fn of(cluster: &Cluster) -> Result<Self> {
        let counted = cluster.query(DATABASE, "SELECT sum(xact_commit + xact_rollback)::bigint FROM pg_stat_database")?;
        Ok(Self {
            processor_seconds: usage::processor_time_of_family(cluster.pid()?)?.as_secs_f64(),
            transactions: counted.trim().parse().context("PostgreSQL counts otherwise")?,
        })
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            processor_seconds: self.processor_seconds - before.processor_seconds,
            transactions: self.transactions - before.transactions,
        }
    }
}

fn with(mut report: Value, name: &str, value: Value) -> Value {
    if let Value::Object(fields) = &mut report {
        fields.insert(name.to_owned(), value);
    }
    report
}
