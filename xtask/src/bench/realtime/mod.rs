//! `cargo xtask bench realtime`: connections that listen to rooms, and how soon they hear, beside rooms by hand with `ws` and Socket.IO.

mod scene;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::report::{Aim, aim_line};
use crate::{process, workspace};
use scene::Scene;

const EXAMPLE: &str = "crowd";
/// In a room, by the ledger's scene.
const LISTENERS: usize = 50;
/// Publications a second in a room of 50 are ten thousand deliveries.
const STEADY: u64 = 200;
/// More than one program may open files for, a server needs beside its connections.
const SPARE_FILES: u64 = 1_000;

/// How much is measured.
pub(super) struct Length {
    pub(super) connections: usize,
    pub(super) seconds: u64,
}

/// What the crowd prints. Times are milliseconds.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    connections: usize,
    lost: usize,
    connected_per_second: f64,
    bytes_per_connection: f64,
    published_per_second: f64,
    expected: u64,
    delivered: u64,
    delivered_per_second: f64,
    p50: f64,
    p99: f64,
    memory_after: u64,
}

#[derive(Serialize)]
struct Line {
    subject: String,
    /// Publications a second; as many as go where there is none.
    rate: Option<u64>,
    #[serde(flatten)]
    found: Found,
}

pub(super) fn run(binary: &Path, length: &Length) -> Result<()> {
    let mut build = workspace::cargo();
    process::run(build.args(["build", "--release", "--package", "banyan-realtime", "--example", EXAMPLE]))?;
    let target = workspace::target_directory()?;
    let folder = target.join("bench/realtime");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let most = most_of_a_process()?;
    let scene = |connections| Scene {
        crowd: target.join("release/examples").join(EXAMPLE),
        folder: folder.clone(),
        connections,
        seconds: length.seconds,
    };
    let alone = scene(length.connections.min(most));
    let mut lines = Vec::new();
    for rate in [Some(STEADY), None] {
        lines.push(alone.banyan(binary, rate)?);
        lines.push(alone.peer("ws", "plain", "ws, by hand", rate)?);
        lines.push(alone.peer("socket.io", "socket-io", "Socket.IO", rate)?);
    }
    if most < length.connections {
        println!("a process may have files for {most} connections here (`ulimit -Hn`): several are one");
        let together = scene(length.connections);
        for rate in [Some(STEADY), None] {
            lines.push(together.several(binary, length.connections.div_ceil(most), rate)?);
        }
    }
    println!("{}", table(&lines));
    let aims = aims(&lines);
    println!("{}\n", aims.iter().map(aim_line).collect::<Vec<_>>().join("\n"));
    let file = folder.with_file_name("realtime.json");
    fs::write(&file, serde_json::to_string_pretty(&json!({ "cases": lines, "aims": aims }))?)?;
    println!("written to {}", file.display());
    Ok(())
}

/// Connections for which this machine gives one process files.
fn most_of_a_process() -> Result<usize> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files")).context("no limit of open files")?;
    let hard = files.split_whitespace().nth(1).and_then(|word| word.parse::<u64>().ok()).unwrap_or(u64::MAX);
    Ok(usize::try_from(hard.saturating_sub(SPARE_FILES))?.max(1))
}

fn pace(rate: Option<u64>) -> String {
    rate.map_or_else(|| "as many as go".to_owned(), |rate| format!("{rate} publications/s"))
}

fn table(lines: &[Line]) -> String {
    let mut text = format!("\n{LISTENERS} connections in a room; one processor for the servers\n\n");
    let _infallible = writeln!(
        text,
        "{:<20} {:<20} {:>11} {:>11} {:>9} {:>11} {:>12} {:>12} {:>9} {:>9}",
        "", "", "connections", "connects/s", "kB each", "published/s", "delivered/s", "missing", "p50 ms", "p99 ms"
    );
    for Line { subject, rate, found } in lines {
        let _infallible = writeln!(
            text,
            "{subject:<20} {:<20} {:>11} {:>11.0} {:>9.1} {:>11.0} {:>12.0} {:>12} {:>9.1} {:>9.1}",
            pace(*rate),
            found.connections - found.lost.min(found.connections),
            found.connected_per_second,
            found.bytes_per_connection / 1_024.0,
            found.published_per_second,
            found.delivered_per_second,
            found.expected.saturating_sub(found.delivered),
            found.p50,
            found.p99,
        );
    }
    text
}

fn aims(lines: &[Line]) -> Vec<Aim> {
    let steady = lines.iter().filter(|line| line.subject.starts_with(scene::BANYAN) && line.rate.is_some());
    let each = |Line { subject, found, .. }: &Line| {
        let of = |what: &str| format!("{subject}, {} connections: {what}", found.connections);
        [
            Aim::at_most(of("memory of each, kB"), found.bytes_per_connection / 1_024.0, 8.0),
            Aim::at_most(of("10,000 deliveries a second, p99 in ms"), found.p99, 20.0),
        ]
    };
    steady.flat_map(each).collect()
}
