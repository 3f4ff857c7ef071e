//! `cargo xtask bench`: how fast, how large, and compared with what.
//!
//! - `api`: the benchmark of the calls; what is started in which order.
//! - `load`: wrk, and what it measured.
//! - `usage`: processor time and memory of processes, from `/proc`.
//! - `fastify`, `pgbench`: the yardsticks.
//! - `report`: the table, the ratios and the JSON file.

mod api;
mod fastify;
mod load;
mod pgbench;
mod report;
mod usage;

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

/// How long one measurement takes.
const QUICK: Duration = Duration::from_secs(2);

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let Command::Api(api) = &arguments.command;
    let length = if api.quick { QUICK } else { Duration::from_secs(api.seconds.into()) };
    match &api.binary {
        Some(binary) => api::run(&path::absolute(binary)?, length),
        None => api::run(&server::build(Profile::Release)?, length),
    }
}

/// All benchmarks in their quick form.
pub(crate) fn run_quick() -> Result<()> {
    api::run(&server::build(Profile::Release)?, QUICK)
}
