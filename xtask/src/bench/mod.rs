//! `cargo xtask bench`: how fast, how large, and compared with what.
//!
//! - `api`: the benchmark of the calls; what is started in which order. `load`: its calls.
//! - `cache`: hits, and a mixed load on two caches over one Redis.
//! - `edge`: the benchmark of the front door, beside nginx and HAProxy.
//! - `events`: from publish to effect.
//! - `flags`: evaluations, clients of flags beside Unleash, and how long a change takes to three nodes.
//! - `mesh`: what a call by name costs.
//! - `published`: the two published load scripts.
//! - `wrk`: the clients.
//! - `usage`: processor time and memory of processes, from `/proc`.
//! - `fastify`, `pgbench`: the yardsticks.
//! - `realtime`: rooms, beside those made by hand.
//! - `report`: the table, the ratios and the JSON file.

mod api;
mod cache;
mod edge;
mod events;
mod fastify;
mod flags;
mod load;
mod mesh;
mod pgbench;
mod published;
mod realtime;
mod report;
mod usage;
mod wrk;

use std::path::{self, Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use clap::Subcommand;

use crate::server::{self, Profile};
use published::{Engine, Length, Plan, Script, Tools};

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
    /// The application's cache: hits in memory and in Redis, a mixed load on two caches over one Redis beside a bare `quick_cache` and beside
    /// BentoCache on two processes of Node.js, and the share of hits where some keys are asked for much more than others.
    ///
    /// Prints a table and writes bench/cache.json below the target folder. Nothing else should run on the machine meanwhile.
    Cache(CacheArguments),
    /// The front door as a proxy, beside nginx and HAProxy, each on one worker in front of the same upstream.
    ///
    /// 64 and 512 connections, small and 64 KiB answers; the whole chain of policies (200 routes, a verified
    /// token, rate limit, headers, metrics, trace); door and service in one process beside nginx in front of the
    /// service; memory of idle connections. The proxy has one processor for itself, upstream and clients share
    /// another. Prints a table and writes bench/edge.json below the target folder.
    Edge(EdgeArguments),
    /// The two published load scripts by Goose, against Banyan with its limits on.
    ///
    /// `arrivals`: 50 people a second for 300 s, users 30 %, AI 20 %, content 25 %, analytics 25 %. `stages`: 100, 1,000, 2,000, 2,000 and 0
    /// people at once, for 19 minutes. The people are registered first, in the thousands, and have a plan that allows the load. Fails where
    /// p95 reaches 500 ms or 0.1 % of the requests fail. Prints tables and writes bench/load.json below the target folder.
    Load(LoadArguments),
    /// Events from a durable publish to a durable effect, beside Redis Streams with `appendfsync always` and NATS JetStream
    /// with file storage.
    ///
    /// On SQLite and on PostgreSQL with fsync, with one node and three, one event a transaction and sixteen, as many as go and at
    /// 10,000 a second. The others do the same with the same program. Prints a table and writes bench/events.json below the target folder.
    /// Nothing else should run on the machine meanwhile.
    Events(EventsArguments),
    /// Feature flags: evaluations in the process, what clients ask beside Unleash 7.5.1 on the same PostgreSQL, and how long a change takes.
    ///
    /// A thousand flags in the process; a hundred on the servers, which are started on loopback on a PostgreSQL with fsync, Banyan as three nodes.
    /// Unleash comes from npm. Prints tables and writes bench/flags.json below the target folder. Nothing else should run on the machine meanwhile.
    Flags(FlagsArguments),
    /// Connections that listen to rooms, fifty in each: what a connection costs, and how soon what is said is heard, beside rooms by hand with
    /// `ws` and Socket.IO.
    ///
    /// Ten thousand deliveries a second, then as many as go; one processor for the servers, the other for the crowd. Where one process may not
    /// have files for all connections, several on PostgreSQL and Redis have them, and one as many as it may. Prints a table and writes bench/realtime.json below the target folder.
    Realtime(RealtimeArguments),
    /// What a call by name costs above the bare call, in process and over loopback by HTTP/1.1 and HTTP/2.
    Mesh(MeshArguments),
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
struct CacheArguments {
    /// Questions of each measurement.
    #[arg(long, default_value_t = 2_000_000, value_parser = clap::value_parser!(u64).range(10_000..=1_000_000_000))]
    operations: u64,
    /// Some thousands each: shows that everything works, not how fast it is.
    #[arg(long, conflicts_with = "operations")]
    quick: bool,
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

#[derive(clap::Args)]
struct EventsArguments {
    /// Events of each measurement.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1_000..=10_000_000))]
    events: u64,
    /// Two thousand events each: shows that everything works, not how fast it is.
    #[arg(long, conflicts_with = "events")]
    quick: bool,
}

#[derive(clap::Args)]
struct FlagsArguments {
    /// Seconds of each measurement of requests.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=120))]
    seconds: u16,
    /// Two seconds each, and few changes: shows that everything works, not how fast it is.
    #[arg(long, conflicts_with = "seconds")]
    quick: bool,
    /// Measure this server instead of building one: to compare two versions.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

#[derive(clap::Args)]
struct RealtimeArguments {
    /// Connections that listen.
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(50..=1_000_000))]
    connections: u32,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=120))]
    seconds: u16,
    /// A thousand connections and two seconds each: shows that everything works, not how fast it is.
    #[arg(long, conflicts_with_all = ["connections", "seconds"])]
    quick: bool,
    /// Measure this server instead of building one: to compare two versions.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

#[derive(clap::Args)]
struct MeshArguments {
    /// How often everything is measured, in turn; the round in the middle counts.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// Calls in a round.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    calls: u32,
}

#[derive(clap::Args)]
struct LoadArguments {
    /// Only this script (or the other; without either, both).
    #[arg(long)]
    arrivals: bool,
    /// Only this script (or the other; without either, both).
    #[arg(long)]
    stages: bool,
    /// Some seconds with a hundredth of the load: shows that everything works, not how fast it is.
    #[arg(long, conflicts_with = "time")]
    quick: bool,
    /// Percent of the published length, with as many people and arrivals a second as published.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u8).range(1..=100))]
    time: u8,
    /// How many people are made; where there are more users, some are the same person.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u16).range(1..))]
    people: u16,
    /// On PostgreSQL, with fsync, instead of SQLite. Says what it had to do.
    #[arg(long)]
    postgres: bool,
    /// With a Redis for the cache, without which several processes on one PostgreSQL keep no answers.
    #[arg(long, requires = "postgres")]
    redis: bool,
    /// Then by Artillery and k6, which are installed below the target folder, and by JMeter where it is, in their short forms.
    #[arg(long)]
    all_tools: bool,
    /// Measure this server instead of building one: to compare two versions.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

impl LoadArguments {
    fn scripts(&self) -> Vec<Script> {
        let both = self.arrivals == self.stages;
        let wanted = |script: &Script| both || (*script == Script::Arrivals) == self.arrivals;
        Script::ALL.into_iter().filter(wanted).collect()
    }

    fn run(&self) -> Result<()> {
        let plan = Plan {
            scripts: &self.scripts(),
            length: if self.quick { Length::Quick } else { Length::Percent(self.time) },
            people: if self.quick { QUICK_PEOPLE } else { self.people.into() },
            engine: match (self.postgres, self.redis) {
                (false, _) => Engine::Sqlite,
                (true, false) => Engine::Postgres,
                (true, true) => Engine::PostgresAndRedis,
            },
            tools: if self.all_tools { Tools::All } else { Tools::Goose },
        };
        published::run(&server_to_measure(self.binary.as_ref())?, &plan)
    }
}

const QUICK_PEOPLE: usize = 20;
const QUICK_EVENTS: u64 = 2_000;
const QUICK_QUESTIONS: u64 = 20_000;

/// How long one measurement takes.
const QUICK: Duration = Duration::from_secs(2);

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.command {
        Command::Api(api) => {
            let length = if api.quick { QUICK } else { Duration::from_secs(api.seconds.into()) };
            api::run(&server_to_measure(api.binary.as_ref())?, length)
        }
        Command::Cache(wanted) => cache::run(if wanted.quick { QUICK_QUESTIONS } else { wanted.operations }),
        Command::Edge(edge) => {
            let (length, rounds) =
                if edge.quick { (QUICK, 1) } else { (Duration::from_secs(edge.seconds.into()), edge.rounds.into()) };
            edge::run(&server_to_measure(edge.binary.as_ref())?, length, rounds)
        }
        Command::Events(wanted) => events::run(if wanted.quick { QUICK_EVENTS } else { wanted.events }),
        Command::Flags(wanted) => {
            let length = if wanted.quick { quick_flags() } else { whole_flags(wanted.seconds) };
            flags::run(&server_to_measure(wanted.binary.as_ref())?, &length)
        }
        Command::Load(load) => load.run(),
        Command::Realtime(wanted) => {
            let length = if wanted.quick { quick_realtime() } else { whole_realtime(wanted) };
            realtime::run(&server_to_measure(wanted.binary.as_ref())?, &length)
        }
        Command::Mesh(mesh) => mesh::run(mesh.rounds, mesh.calls),
    }
}

/// All benchmarks in their quick form.
pub(crate) fn run_quick() -> Result<()> {
    let binary = server_to_measure(None)?;
    api::run(&binary, QUICK)?;
    edge::run(&binary, QUICK, 1)?;
    let scripts = &Script::ALL;
    let plan = Plan { scripts, length: Length::Quick, people: QUICK_PEOPLE, engine: Engine::Sqlite, tools: Tools::All };
    published::run(&binary, &plan)?;
    events::run(QUICK_EVENTS)?;
    cache::run(QUICK_QUESTIONS)?;
    flags::run(&binary, &quick_flags())?;
    realtime::run(&binary, &quick_realtime())?;
    mesh::run(1, 1_000)
}

fn quick_realtime() -> realtime::Length {
    realtime::Length { connections: 1_000, seconds: QUICK.as_secs() }
}

fn whole_realtime(wanted: &RealtimeArguments) -> realtime::Length {
    realtime::Length { connections: wanted.connections as usize, seconds: wanted.seconds.into() }
}

fn quick_flags() -> flags::Length {
    flags::Length { rounds: 1, evaluations: 20_000, requests: QUICK, changes: 10 }
}

fn whole_flags(seconds: u16) -> flags::Length {
    flags::Length { rounds: 7, evaluations: 1_000_000, requests: Duration::from_secs(seconds.into()), changes: 300 }
}

/// The calls of the two benchmarks that say where a server's time goes, for a profile.
pub(crate) fn put_load_on(binary: &Path) -> Result<()> {
    const LONG_ENOUGH: Duration = Duration::from_secs(4);
    api::put_load_on(binary, LONG_ENOUGH)?;
    edge::run(binary, LONG_ENOUGH, 1)
}

fn server_to_measure(given: Option<&PathBuf>) -> Result<PathBuf> {
    given.map_or_else(|| server::build(Profile::Release), |binary| Ok(path::absolute(binary)?))
}
