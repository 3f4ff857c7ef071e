//! `cargo xtask bench`: how fast, how large, and compared with what.
//!
//! - `api`: the benchmark of the calls; what is started in which order. `load`: its calls.
//! - `edge`: the benchmark of the front door, beside nginx and HAProxy.
//! - `wrk`: the clients.
//! - `usage`: processor time and memory of processes, from `/proc`.
//! - `fastify`, `pgbench`: the yardsticks.
//! - `report`: the table, the ratios and the JSON file.

mod api;
mod edge;
mod fastify;
mod load;
mod pgbench;
mod report;
mod usage;
mod wrk;

use std::path::{self, PathBuf};
use std::time::Duration;

use anyhow::Result;
use clap::Subcommand;

use crate::server::{self, Profile};

/// Measure Banyan, beside yardsticks in the same run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lists and creates through the API on SQLite and PostgreSQL, beside Fastify and pgbench.
    ///
    /// Builds the release server and starts everything on loopback: PostgreSQL with fsync, Banyan with
    /// authentication and row security, a Fastify service with the same two calls on the same PostgreSQL,
    /// and pgbench with the statements that Banyan sends. Prints a table and writes bench/api.json below
    /// the target folder. Nothing else should run on the machine meanwhile.
    Api(ApiArguments),
    /// The front door as a proxy, beside nginx and HAProxy, each on one worker in front of the same upstream.
    ///
    /// 64 and 512 connections, small and 64 KiB answers; the whole chain of policies (200 routes, a verified
    /// token, rate limit, headers, metrics, trace); door and service in one process beside nginx in front of the
    /// service; memory of idle connections. The proxy has one processor for itself, upstream and clients share
    /// another. Prints a table and writes bench/edge.json below the target folder.
    Edge(EdgeArguments),
}

#[derive(clap::Args)]
struct ApiArguments {
    /// Seconds of each of the twelve measurements.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=120))]
    seconds: u16,
    /// Two seconds each: shows that everything works, not how fast it is.
    #[arg(long, conflicts_with = "seconds")]
    quick: bool,
    /// Measure this server instead of building one: to compare two versions.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

#[derive(clap::Args)]
struct EdgeArguments {
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=120))]
    seconds: u16,
    /// How often everything is measured, in turn; the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=20))]
    rounds: u16,
    /// Two seconds each, once: shows that everything works, not how fast it is.
    #[arg(long, conflicts_with_all = ["seconds", "rounds"])]
    quick: bool,
    /// Measure this server instead of building one: to compare two versions.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// How long one measurement takes.
const QUICK: Duration = Duration::from_secs(2);

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.command {
        Command::Api(api) => {
            let length = if api.quick { QUICK } else { Duration::from_secs(api.seconds.into()) };
            api::run(&server_to_measure(api.binary.as_ref())?, length)
        }
        Command::Edge(edge) => {
            let (length, rounds) =
                if edge.quick { (QUICK, 1) } else { (Duration::from_secs(edge.seconds.into()), edge.rounds.into()) };
            edge::run(&server_to_measure(edge.binary.as_ref())?, length, rounds)
        }
    }
}

/// All benchmarks in their quick form.
pub(crate) fn run_quick() -> Result<()> {
    let binary = server_to_measure(None)?;
    api::run(&binary, QUICK)?;
    edge::run(&binary, QUICK, 1)
}

fn server_to_measure(given: Option<&PathBuf>) -> Result<PathBuf> {
    given.map_or_else(|| server::build(Profile::Release), |binary| Ok(path::absolute(binary)?))
}
