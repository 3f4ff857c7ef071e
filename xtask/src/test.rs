//! `cargo xtask test`: everything, on both engines.

use std::process::Command;

use anyhow::{Result, bail};

use crate::bench;
use crate::client;
use crate::flag_clients;
use crate::locale_compare;
use crate::openapi_fuzz;
use crate::outside;
use crate::postgres::{Cluster, Durability, Throwaway};
use crate::process::{self, Interrupted};
use crate::realtime_clients;
use crate::redis;
use crate::{tools, workspace};

/// Run all tests, on SQLite and on a real PostgreSQL.
///
/// Node is needed for the tests of the TypeScript client. PostgreSQL, Redis, NATS and RabbitMQ are found, or installed where that is allowed (Debian, as root), and started for this
/// run only. Without them the run fails; nothing is skipped. Uses cargo-nextest where it is installed.
///
/// Tests find the servers in their environment:
///
///   BANYAN_TEST_POSTGRES_URL          superuser's URL of a fast server (no fsync)
///   BANYAN_TEST_POSTGRES_DURABLE_URL  the same of one that keeps what it acknowledged
///   BANYAN_TEST_REDIS_URL             a Redis that keeps nothing
///   BANYAN_TEST_POSTGRES_BIN          folder of pg_dump, psql and the rest
///   BANYAN_LONG_TESTS=1               with --all: the long forms of tests
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// Also the slow ones: generated requests against the OpenAPI document (Schemathesis),
    /// the long forms of tests, and the benchmarks in their quick form.
    #[arg(long)]
    all: bool,
    /// The suites that speak HTTP once more, whole, against a front door and services in processes of
    /// their own: one of each, then two. A part of them is in every run. See docs/cluster.md.
    #[arg(long)]
    split: bool,
    /// Only this crate, such as `banyan-store`; may be given several times.
    #[arg(short, long, value_name = "CRATE")]
    package: Vec<String>,
    /// Only tests whose path contains one of these words.
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
}

impl Arguments {
    /// Whether the server's tests may run, which drive a server by the TypeScript client.
    fn needs_client(&self) -> bool {
        self.package.is_empty() || self.package.iter().any(|name| name == "banyan-server")
    }

    /// Whether tests may run that let SDKs ask for flags.
    fn needs_flag_clients(&self) -> bool {
        self.needs_client() || self.package.iter().any(|name| name == "banyan-flags")
    }

    /// Whether tests may run that let clients of Centrifugo listen to rooms.
    fn needs_realtime_clients(&self) -> bool {
        self.package.is_empty() || self.package.iter().any(|name| name == "banyan-realtime")
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    // Tests start, kill and wipe brokers of their own.
    tools::NATS.require()?;
    tools::RABBITMQ.require()?;
    // The authority of the tests for certificates.
    tools::PEBBLE.require()?;
    let fast = Throwaway::start(Durability::Fast)?;
    let durable = Throwaway::start(Durability::Durable)?;
    let redis = redis::start(redis::Keeps::Nothing)?;
    let engines = Engines { fast: fast.cluster(), durable: durable.cluster(), redis: &redis };

    // What fails does not keep the rest from running: one run shows everything that is wrong.
    let mut failures = Vec::new();
    if arguments.split {
        attempt(&mut failures, "one process of each", || run_apart(arguments, &engines, SUITES, "1"))?;
        attempt(&mut failures, "two processes of each", || run_apart(arguments, &engines, SUITES, "2"))?;
        return told(&failures);
    }
    if arguments.all {
        attempt(&mut failures, "OpenAPI", openapi_fuzz::run)?;
        attempt(&mut failures, "benchmarks", bench::run_quick)?;
        attempt(&mut failures, "formats beside Intl", locale_compare::check)?;
    }
    if arguments.needs_client() {
        attempt(&mut failures, "TypeScript client", client::build)?;
        attempt(&mut failures, "programs outside", outside::install)?;
    }
    if arguments.needs_realtime_clients() {
        attempt(&mut failures, "clients of rooms", realtime_clients::install)?;
    }
    if arguments.needs_flag_clients() {
        attempt(&mut failures, "clients of flags", flag_clients::install)?;
    }
    attempt(&mut failures, "documentation tests", || run_documentation_tests(arguments, &engines))?;
    if arguments.package.is_empty() && arguments.filter.is_empty() {
        attempt(&mut failures, "tests of several processes", || run_apart(arguments, &engines, SHORT, "1"))?;
    }
    attempt(&mut failures, "tests", || run_suite(arguments, &engines))?;
    told(&failures)
}

fn told(failures: &[String]) -> Result<()> {
    if failures.is_empty() {
        return Ok(());
    }
    bail!("failed: {}", failures.join("; "))
}

struct Engines<'a> {
    fast: &'a Cluster,
    durable: &'a Cluster,
    redis: &'a redis::Server,
}

/// Runs one part, and keeps its failure for the end.
fn attempt(failures: &mut Vec<String>, name: &str, part: impl FnOnce() -> Result<()>) -> Result<()> {
    match part() {
        Ok(()) => Ok(()),
        Err(error) if error.is::<Interrupted>() => Err(error),
        Err(error) => {
            eprintln!("error: {name}: {error:#}");
            failures.push(name.to_owned());
            Ok(())
        }
    }
}

fn run_suite(arguments: &Arguments, engines: &Engines<'_>) -> Result<()> {
    let mut command = workspace::cargo();
    if tools::has_cargo_command("nextest") {
        command.args(["nextest", "run"]);
        select_packages(&mut command, arguments);
        command.args(&arguments.filter);
    } else {
        command.args(["test", "--tests", "--no-fail-fast"]);
        select_packages(&mut command, arguments);
        command.arg("--").args(&arguments.filter);
    }
    process::run(with_engines(&mut command, arguments, engines))
}

/// The suites that can meet their service through a front door: those of all services, and whatever
/// people send to the whole program.
const SUITES: &str = "test(/::postgres$/) & (binary_id(/^banyan-(identity|content|goals)::/) \
                      | (binary_id(banyan-server::banyan) & test(/^bad_input::/)))";

/// The part of them that is in every run, of a minute or so.
const SHORT: &str = "test(/::postgres$/) & (binary_id(/^banyan-(content|goals)::/) \
                     | (binary_id(/^banyan-identity::/) & test(/^(sessions|api_keys|profile|refusals)::/)))";

/// With a front door and services in so many processes of their own.
fn run_apart(arguments: &Arguments, engines: &Engines<'_>, suites: &str, instances: &str) -> Result<()> {
    let mut command = workspace::cargo();
    if tools::has_cargo_command("nextest") {
        // All crates, so that nothing is built another time with other features, the program included.
        command.args(["nextest", "run", "--profile", "split", "--workspace", "-E", suites]);
        command.args(&arguments.filter);
    } else {
        command.args(["test", "--workspace", "--tests", "--no-fail-fast", "--", "::postgres"]);
    }
    command.env("BANYAN_TEST_SPLIT", instances);
    process::run(with_engines(&mut command, arguments, engines))
}

/// Examples in documentation, which nextest does not run.
fn run_documentation_tests(arguments: &Arguments, engines: &Engines<'_>) -> Result<()> {
    let mut command = workspace::cargo();
    command.args(["test", "--doc", "--no-fail-fast", "--quiet"]);
    if arguments.package.is_empty() {
        command.arg("--workspace");
    } else {
        let libraries = libraries(&arguments.package)?;
        if libraries.is_empty() {
            return Ok(());
        }
        command.args(libraries.iter().flat_map(|name| ["--package", name]));
    }
    command.arg("--").args(&arguments.filter);
    process::run(with_engines(&mut command, arguments, engines))
}

/// Those of the chosen crates that have a library: cargo refuses to look for examples in others.
fn libraries(chosen: &[String]) -> Result<Vec<String>> {
    let packages = workspace::Metadata::read()?.packages;
    let wanted = |package: &workspace::Package| package.has_library() && chosen.contains(&package.name);
    Ok(packages.into_iter().filter(wanted).map(|package| package.name).collect())
}

fn select_packages(command: &mut Command, arguments: &Arguments) {
    if arguments.package.is_empty() {
        command.arg("--workspace");
    }
    for package in &arguments.package {
        command.args(["--package", package]);
    }
}

fn with_engines<'a>(command: &'a mut Command, arguments: &Arguments, engines: &Engines<'_>) -> &'a mut Command {
    if arguments.all {
        command.env("BANYAN_LONG_TESTS", "1");
    }
    command
        .env("BANYAN_TEST_POSTGRES_URL", engines.fast.url("postgres"))
        .env("BANYAN_TEST_POSTGRES_DURABLE_URL", engines.durable.url("postgres"))
        .env("BANYAN_TEST_REDIS_URL", engines.redis.url())
        .env("BANYAN_TEST_POSTGRES_BIN", engines.fast.binaries().folder())
}
