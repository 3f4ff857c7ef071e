//! `cargo xtask bench api`: what is started in which order, and what is kept of it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde_json::json;

use super::fastify::Fastify;
use super::load::{Case, Measurement, Subject};
use super::{pgbench, report, usage};
use crate::postgres::{Cluster, Durability, Throwaway};
use crate::process;
use crate::server::{Options, Running};
use crate::tools::{NPM, WRK};
use crate::workspace;

/// Goals of the person whose list is read.
const GOALS: u32 = 200;

/// How long a started server is left alone before its memory counts as idle.
const IDLE: Duration = Duration::from_secs(2);

const DATABASE: &str = "banyan_bench";
const FASTIFY_DATABASE: &str = "fastify_bench";

/// A server's figures that are no rates.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Footprint {
    pub(super) subject: &'static str,
    /// On an empty data directory or database: keys, schema and all.
    pub(super) first_start_milliseconds: Option<f64>,
    pub(super) start_milliseconds: Option<f64>,
    pub(super) idle_megabytes: f64,
    pub(super) peak_megabytes: f64,
}

/// Everything that one run found.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Results {
    pub(super) seconds: u64,
    pub(super) processors: usize,
    pub(super) measurements: Vec<Measurement>,
    pub(super) footprints: Vec<Footprint>,
}

pub(super) fn run(binary: &Path, length: Duration) -> Result<()> {
    warn_if_busy();
    // Before anything is measured: what is missing should not end a run half-way.
    for tool in [WRK, NPM] {
        tool.require()?;
    }
    let folder = workspace::target_directory()?.join("bench");
    fs::create_dir_all(&folder)?;
    let postgres = Throwaway::start(Durability::Durable)?;
    let cluster = postgres.cluster();

    let mut results = measure_both_engines(binary, &folder, cluster, length)?;
    measure_fastify(&mut results, cluster, &folder, length)?;
    measure_pgbench(&mut results, cluster, length)?;

    let file = folder.join("api.json");
    println!("{}", report::table(&results));
    fs::write(&file, serde_json::to_string_pretty(&report::json(&results))? + "\n")?;
    println!("written to {}", file.display());
    Ok(())
}

/// The same calls of the server alone, for a profile.
pub(super) fn put_load_on(binary: &Path, length: Duration) -> Result<()> {
    WRK.require()?;
    let folder = workspace::target_directory()?.join("bench");
    fs::create_dir_all(&folder)?;
    let postgres = Throwaway::start(Durability::Durable)?;
    measure_both_engines(binary, &folder, postgres.cluster(), length).map(drop)
}

fn measure_both_engines(binary: &Path, folder: &Path, cluster: &Cluster, length: Duration) -> Result<Results> {
    let processors = std::thread::available_parallelism()?.get();
    let mut results = Results { seconds: length.as_secs(), processors, measurements: Vec::new(), footprints: Vec::new() };
    measure_banyan(&mut results, &Engine { name: "Banyan, SQLite", postgres: None }, binary, folder, length)?;
    cluster.recreate_database(DATABASE)?;
    measure_banyan(&mut results, &Engine { name: "Banyan, PostgreSQL", postgres: Some(cluster) }, binary, folder, length)?;
    Ok(results)
}

/// What Banyan stores its rows in.
struct Engine<'a> {
    name: &'static str,
    /// `None`: the embedded store.
    postgres: Option<&'a Cluster>,
}

fn measure_banyan(results: &mut Results, engine: &Engine<'_>, binary: &Path, folder: &Path, length: Duration) -> Result<()> {
    let data = folder.join("data");
    let _ = fs::remove_dir_all(&data);
    let url = engine.postgres.map(|cluster| cluster.url(DATABASE));
    let log = folder.join("banyan.log");
    let options = Options {
        binary,
        data: &data,
        database_url: url.as_deref(),
        arguments: &[],
        environment: &[],
        processor: None,
        log: &log,
    };

    let first_start = Running::start(&options).with_context(|| format!("cannot start {}", engine.name))?.start_time;
    let mut server = Running::start(&options)?;
    process::pause(IDLE)?;
    let idle = usage::memory(server.pid())?;

    let token = server.register("bench@example.org")?;
    for number in 1..=GOALS {
        server.post("/api/v1/goals", Some(&token), &json!({"title": format!("Goal number {number}")}))?;
    }
    if let Some(cluster) = engine.postgres {
        cluster.query(DATABASE, "VACUUM ANALYZE")?;
    }
    let database_pid = engine.postgres.map(Cluster::pid).transpose()?;
    let subject = Subject { name: engine.name, url: server.url(), token: &token, pid: server.pid(), database_pid };
    measure_all(results, &subject, length).with_context(|| format!("the server's log is {}", log.display()))?;
    let peak = usage::peak_memory(server.pid())?;
    server.check_alive()?;
    results.footprints.push(Footprint {
        subject: engine.name,
        first_start_milliseconds: Some(milliseconds(first_start)),
        start_milliseconds: Some(milliseconds(server.start_time)),
        idle_megabytes: megabytes(idle),
        peak_megabytes: megabytes(peak),
    });
    Ok(())
}

fn measure_fastify(results: &mut Results, cluster: &Cluster, folder: &Path, length: Duration) -> Result<()> {
    cluster.recreate_database(FASTIFY_DATABASE)?;
    let fastify = Fastify::start(&cluster.url(FASTIFY_DATABASE), folder)?;
    process::pause(IDLE)?;
    let idle = usage::memory(fastify.pid())?;
    let subject = Subject {
        name: "Fastify, PostgreSQL",
        url: &fastify.state.listen,
        token: &fastify.state.token,
        pid: fastify.pid(),
        database_pid: Some(cluster.pid()?),
    };
    measure_all(results, &subject, length)?;
    results.footprints.push(Footprint {
        subject: subject.name,
        first_start_milliseconds: None,
        start_milliseconds: None,
        idle_megabytes: megabytes(idle),
        peak_megabytes: megabytes(usage::peak_memory(fastify.pid())?),
    });
    Ok(())
}

/// On the rows that Banyan has left in its database.
fn measure_pgbench(results: &mut Results, cluster: &Cluster, length: Duration) -> Result<()> {
    let variables = pgbench::Variables::read(cluster, DATABASE)?;
    for case in Case::ALL {
        println!("pgbench: {}", case.name());
        results.measurements.push(pgbench::measure(cluster, DATABASE, &variables, case, length)?);
    }
    Ok(())
}

fn measure_all(results: &mut Results, subject: &Subject<'_>, length: Duration) -> Result<()> {
    for case in Case::ALL {
        println!("{}: {}", subject.name, case.name());
        results.measurements.push(subject.measure(case, length)?);
    }
    Ok(())
}

fn warn_if_busy() {
    if let Some(load) = usage::load_average().filter(|load| *load > 0.5) {
        println!("note: the machine is busy (load {load:.1}): the figures will be lower than they could be");
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}
