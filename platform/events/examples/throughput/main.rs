//! How many events a second go from a durable publish to a durable effect, for `cargo xtask bench events`.
//!
//! Each event has 1 kB of data. Publishers write one event a transaction, many at once; a consumer's effect is one row, beside the record
//! that says that the event was handled. The delay is from before the publishing transaction to after the commit of the effect. Prints one
//! JSON object.
//!
//! - `ours`: Banyan's log on SQLite or PostgreSQL.
//! - `streams`, `jetstream`: the same by Redis Streams and by NATS JetStream.
//! - `relayed`: Banyan's log to a broker outside, and through it to a program that reads there.
//! - `figures`: what is counted, and the pace of the publishers.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::cast_precision_loss, reason = "a measurement")]

mod figures;
mod jetstream;
mod ours;
mod relayed;
mod streams;

use clap::Parser;

#[derive(Parser)]
struct Arguments {
    /// `sqlite:DIRECTORY`, `postgres://…`, `redis://…` or `nats://…`.
    target: String,
    /// How many.
    #[arg(long, default_value_t = 50_000)]
    events: u64,
    /// A second; as many as go where there is none.
    #[arg(long)]
    rate: Option<u64>,
    /// Events of a publishing transaction.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=128))]
    batch: u64,
    /// Publishers that wait for their commit at the same time.
    #[arg(long, default_value_t = 256)]
    at_once: usize,
    /// Members of the consumer group, each with connections of its own.
    #[arg(long, default_value_t = 1)]
    nodes: usize,
    /// A broker, `nats://…` or `redis://…`, that is given the whole of a log which was written before: how fast the relay is.
    #[arg(long, value_name = "BROKER", conflicts_with = "through")]
    relay: Option<String>,
    /// A JetStream between publishers and the consumer, which stands outside and reads there: `nats://…`.
    #[arg(long, value_name = "BROKER")]
    through: Option<String>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments = Arguments::parse();
    let load =
        figures::Load { events: arguments.events, batch: arguments.batch, rate: arguments.rate, at_once: arguments.at_once };
    let target = arguments.target.split_once(':');
    let figures = match target {
        _ if arguments.relay.is_some() || arguments.through.is_some() => {
            let engines = match target {
                Some(("sqlite", directory)) => ours::sqlite_engines(directory.as_ref()),
                _ => ours::postgres_engines(&arguments.target, arguments.nodes).await,
            };
            match (arguments.relay, arguments.through) {
                (Some(broker), _) => relayed::whole_log(&engines[0], &broker, load.events).await,
                (None, through) => relayed::through(&engines, &through.unwrap(), &load).await,
            }
        }
        Some(("redis", _)) => streams::measure(&arguments.target, arguments.nodes, &load).await,
        Some(("nats", _)) => jetstream::measure(&arguments.target, arguments.nodes, &load).await,
        Some(("sqlite", directory)) => ours::sqlite(directory.as_ref(), &load).await,
        _ => ours::postgres(&arguments.target, arguments.nodes, &load).await,
    };
    println!("{}", serde_json::to_string(&figures).unwrap());
}
