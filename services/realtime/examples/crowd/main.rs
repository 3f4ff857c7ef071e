//! A crowd that listens, for `cargo xtask bench realtime`: how many connections a server takes, what each costs it, and how soon what is
//! said in a room is heard by all who listen there.
//!
//! Connection `i` listens to room `i` modulo the number of rooms. One program publishes and hears, so that one clock times both. Its
//! addresses are spread over 127.0.0.0/8. Prints one JSON object.
//!
//! - `wire`: WebSocket (RFC 6455) as far as a client needs it, in a few bytes of memory.
//! - `dialect`: what the server under test speaks.
//! - `listener`: one connection.
//! - `publisher`: publications at a pace, or as many as go.
//! - `delays`: times in buckets.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::cast_precision_loss, reason = "a measurement")]

mod delays;
mod dialect;
mod listener;
mod publisher;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::json;

use delays::Delays;
use dialect::Dialect;
use listener::Crowd;

#[derive(Parser)]
struct Arguments {
    server: SocketAddr,
    #[arg(long, value_enum, default_value_t = Dialect::Centrifugo)]
    dialect: Dialect,
    /// Of who listens.
    #[arg(long, default_value = "")]
    token: String,
    /// Of who publishes.
    #[arg(long, default_value = "")]
    publisher: String,
    /// The server's process: its memory is looked at.
    #[arg(long)]
    process: u32,
    #[arg(long, default_value_t = 50_000)]
    connections: usize,
    #[arg(long, default_value_t = 1_000)]
    rooms: usize,
    /// Publications a second; as many as go where there is none.
    #[arg(long)]
    rate: Option<u64>,
    /// Publications that wait for their answer at the same time.
    #[arg(long, default_value_t = 16)]
    at_once: usize,
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

/// Everything that was sent arrives within this time, or does not.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments = Arguments::parse();
    let delays = Arc::new(Delays::new(Instant::now()));
    let before = memory(arguments.process);
    let begun = Instant::now();
    let crowd =
        Crowd { server: arguments.server, dialect: arguments.dialect, token: arguments.token.clone(), rooms: arguments.rooms };
    let came = crowd.gather(arguments.connections, &delays).await;
    let connecting = begun.elapsed();
    let idle = memory(arguments.process);
    let load = publisher::Load {
        server: arguments.server,
        token: arguments.publisher,
        rooms: arguments.rooms,
        rate: arguments.rate,
        at_once: arguments.at_once,
        length: Duration::from_secs(arguments.seconds),
    };
    let begun = Instant::now();
    let published = load.run(arguments.dialect, &delays).await;
    let speaking = begun.elapsed();
    let expected = published * (came / arguments.rooms.max(1)) as u64;
    let deadline = Instant::now() + PATIENCE;
    while delays.count() < expected && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let hearing = begun.elapsed();
    let found = json!({
        "connections": came,
        "lost": delays.lost.load(Ordering::Relaxed),
        "connectedPerSecond": came as f64 / connecting.as_secs_f64(),
        "bytesPerConnection": idle.saturating_sub(before) as f64 / came.max(1) as f64,
        "published": published,
        "publishedPerSecond": published as f64 / speaking.as_secs_f64(),
        "expected": expected,
        "delivered": delays.count(),
        "deliveredPerSecond": delays.count() as f64 / hearing.as_secs_f64(),
        "p50": delays.at(0.5),
        "p99": delays.at(0.99),
        "memoryAfter": memory(arguments.process),
    });
    println!("{found}");
    // Closing tens of thousands of connections one by one is nobody's measurement.
    std::process::exit(0);
}

/// What the process has in memory, in bytes.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
