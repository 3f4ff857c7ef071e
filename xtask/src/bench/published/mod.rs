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
use serde_json::{Value, json};

use super::usage;
use crate::postgres::{Cluster, Durability, Throwaway};
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
        Engine::Postgres => Some(database()?),
    };
    let url = postgres.as_ref().map(|postgres| postgres.cluster().url(DATABASE));
    let log = folder.join("banyan.log");
    let mut server = Running::start(&Options {
        binary,
        data: &data,
        database_url: url.as_deref(),
        arguments: &[],
        environment: &[("BANYAN_RATE_LIMITS", "on")],
        processor: None,
        log: &log,
    })?;
    println!("making {} people", plan.people);
    let people = People::make(&server, plan.people)?.write(&folder)?;

    let mut broken = Vec::new();
    let mut results = Vec::new();
    for script in plan.scripts {
        let before = usage::processor_time(server.pid())?;
        let ran = goose::run(&tool, *script, plan.length, server.url(), &people, &folder)?;
        let processor = usage::processor_time(server.pid())?.saturating_sub(before);
        println!("the server used {:.1} s of processor time\n", processor.as_secs_f64());
        results.push(with_processor(ran.report, processor.as_secs_f64()));
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

fn with_processor(mut report: Value, seconds: f64) -> Value {
    if let Value::Object(fields) = &mut report {
        fields.insert("serverProcessorSeconds".to_owned(), json!(seconds));
    }
    report
}
