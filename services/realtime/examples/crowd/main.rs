//! A crowd that listens, for `cargo xtask bench realtime`: how many connections a server takes, what each costs it, and how soon what is
//! said in a room is heard by all who listen there.
//!
//! Each room has as many connections. At each server there is a part of the crowd, which is a process of its own, as one process may not have
//! files for all; each part has some of every room, publishes and hears. Times are those of the clock that the parts share. Their addresses are
//! spread over 127.0.0.0/8. Prints one JSON object.
//!
//! - `part`: the crowd at one server, and how it is told what to do.
//! - `wire`: WebSocket (RFC 6455) as far as a client needs it, in a few bytes of memory.
//! - `dialect`: what the server under test speaks.
//! - `listener`: one connection.
//! - `publisher`: publications at a pace, or as many as go.
//! - `delays`: times in buckets.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::cast_precision_loss, reason = "a measurement")]

mod delays;
mod dialect;
mod listener;
mod part;
mod publisher;
mod wire;

use std::net::SocketAddr;
use std::time::Instant;

use clap::Parser;
use serde_json::json;

use delays::Delays;
use dialect::Dialect;
use part::Part;

#[derive(Parser)]
struct Arguments {
    /// Servers that are one, each with its process, whose memory is looked at: `127.0.0.1:3000@4711`.
    #[arg(required = true)]
    servers: Vec<Server>,
    #[arg(long, value_enum, default_value_t = Dialect::Centrifugo)]
    dialect: Dialect,
    /// Of who listens.
    #[arg(long, default_value = "")]
    token: String,
    /// Of who publishes.
    #[arg(long, default_value = "")]
    publisher: String,
    #[arg(long, default_value_t = 1_000)]
    rooms: usize,
    /// Connections in each room, at all servers together.
    #[arg(long, default_value_t = 50)]
    listeners: usize,
    /// Publications a second; as many as go where there is none.
    #[arg(long)]
    rate: Option<u64>,
    /// Publications that wait for their answer at the same time.
    #[arg(long, default_value_t = 16)]
    at_once: usize,
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// This process is the part of the crowd at this server.
    #[arg(long, hide = true)]
    part: Option<usize>,
}

#[derive(Clone, Copy)]
struct Server {
    address: SocketAddr,
    process: u32,
}

impl std::str::FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('@').and_then(|(address, process)| Some((address.parse().ok()?, process.parse().ok()?)));
        let (address, process) = parts.ok_or("it is ADDRESS:PORT@PROCESS")?;
        Ok(Self { address, process })
    }
}

impl Arguments {
    /// How many of all are at a server, or do something there.
    fn share(&self, of: usize, part: usize) -> usize {
        (of + part) / self.servers.len()
    }
}

fn main() {
    let arguments = Arguments::parse();
    match arguments.part {
        Some(part) => part::be(&arguments, part),
        None => conduct(&arguments),
    }
}

fn conduct(arguments: &Arguments) {
    let memory = || arguments.servers.iter().map(|server| memory(server.process)).sum::<u64>();
    let before = memory();
    let mut parts: Vec<Part> = (0..arguments.servers.len()).map(Part::start).collect();
    let gathered: Vec<part::Gathered> = parts.iter_mut().map(Part::hear).collect();
    let came: usize = gathered.iter().map(|part| part.connections).sum();
    let connecting = gathered.iter().map(|part| part.seconds).fold(0.0, f64::max);
    let idle = memory();

    let begun = Instant::now();
    parts.iter_mut().for_each(|part| part.tell("speak"));
    let spoke: Vec<part::Spoke> = parts.iter_mut().map(Part::hear).collect();
    let published: u64 = spoke.iter().map(|part| part.published).sum();
    let speaking = begun.elapsed().as_secs_f64();
    let expected = |connections: usize| published * connections as u64 / arguments.rooms.max(1) as u64;
    for (part, gathered) in parts.iter_mut().zip(&gathered) {
        part.tell(&expected(gathered.connections).to_string());
    }
    let heard: Vec<part::Heard> = parts.iter_mut().map(Part::hear).collect();
    let hearing = begun.elapsed().as_secs_f64();
    let delays = Delays::new();
    heard.iter().for_each(|part| delays.add(&part.buckets));

    let found = json!({
        "connections": came,
        "lost": heard.iter().map(|part| part.lost).sum::<u64>(),
        "connectedPerSecond": came as f64 / connecting,
        "bytesPerConnection": idle.saturating_sub(before) as f64 / came.max(1) as f64,
        "published": published,
        "publishedPerSecond": published as f64 / speaking,
        "expected": gathered.iter().map(|part| expected(part.connections)).sum::<u64>(),
        "delivered": delays.count(),
        "deliveredPerSecond": delays.count() as f64 / hearing,
        "p50": delays.at(0.5),
        "p99": delays.at(0.99),
        "memoryAfter": memory(),
    });
    println!("{found}");
}

/// What the process has in memory, in bytes.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
