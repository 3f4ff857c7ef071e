//! `cargo xtask bench realtime`: connections that listen to rooms, and how soon they hear, beside rooms by hand with `ws` and Socket.IO.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::report::{Aim, aim_line};
use crate::process::{self, Guarded};
use crate::server::{self, ADMINISTRATOR, Options, Running};
use crate::{tools, workspace};

const EXAMPLE: &str = "crowd";
/// One processor for the server, the other for the crowd.
const SERVERS_PROCESSOR: usize = 0;
const START_LIMIT: Duration = Duration::from_secs(30);
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
    lost: u64,
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
    subject: &'static str,
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
    let connections = within_limits(length.connections)?;
    let bench = Bench {
        crowd: target.join("release/examples").join(EXAMPLE),
        folder: folder.clone(),
        connections,
        seconds: length.seconds,
    };
    let mut lines = Vec::new();
    for rate in [Some(STEADY), None] {
        lines.push(bench.banyan(binary, rate)?);
        lines.push(bench.peer("ws", "plain", "ws, by hand", rate)?);
        lines.push(bench.peer("socket.io", "socket-io", "Socket.IO", rate)?);
    }
    println!("{}", table(connections, &lines));
    let aims = aims(&lines);
    println!("{}\n", aims.iter().map(aim_line).collect::<Vec<_>>().join("\n"));
    let file = folder.with_file_name("realtime.json");
    fs::write(&file, serde_json::to_string_pretty(&json!({ "cases": lines, "aims": aims }))?)?;
    println!("written to {}", file.display());
    Ok(())
}

/// As many as this machine lets one process have, and says so where it is less.
fn within_limits(wanted: usize) -> Result<usize> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files")).context("no limit of open files")?;
    let hard = files.split_whitespace().nth(1).and_then(|word| word.parse::<u64>().ok()).unwrap_or(u64::MAX);
    let most = usize::try_from(hard.saturating_sub(SPARE_FILES))?;
    if most < wanted {
        println!("a process may have {hard} open files here: {most} connections instead of {wanted} (`ulimit -Hn`)");
    }
    Ok(wanted.min(most))
}

struct Bench {
    crowd: PathBuf,
    folder: PathBuf,
    connections: usize,
    seconds: u64,
}

impl Bench {
    fn banyan(&self, binary: &Path, rate: Option<u64>) -> Result<Line> {
        let data = self.folder.join("data");
        let _ = fs::remove_dir_all(&data);
        let server = Running::start(&Options {
            binary,
            data: &data,
            database_url: None,
            arguments: &[],
            // One person has all connections.
            environment: &[
                ("BANYAN_REALTIME_CONNECTIONS_OF_PERSON", "1000000"),
                ("BANYAN_EDGE_CONNECTIONS", "1000000"),
                ("BANYAN_EDGE_CONNECTIONS_OF_ADDRESS", "1000000"),
            ],
            processor: Some(SERVERS_PROCESSOR),
            log: &self.folder.join("banyan.log"),
        })?;
        server::make_administrator(binary, &data)?;
        let token = server.log_in(ADMINISTRATOR.0, ADMINISTRATOR.1)?;
        let address = server.url().trim_start_matches("http://").to_owned();
        let found = self.crowd(&address, server.pid(), "centrifugo", &token, rate)?;
        Ok(Line { subject: "Banyan", rate, found })
    }

    fn peer(&self, library: &str, dialect: &str, subject: &'static str, rate: Option<u64>) -> Result<Line> {
        let source = workspace::root().join("bench/peers/realtime");
        tools::install_node_libraries(&source)?;
        let node = tools::find("node").context("npm is here but node is not: install Node.js 20 or newer")?;
        let (state, log) = (self.folder.join("peer.json"), fs::File::create(self.folder.join("peer.log"))?);
        let _ = fs::remove_file(&state);
        let mut command = process::pinned(&node, Some(SERVERS_PROCESSOR))?;
        command.arg("server.js").current_dir(source).env("NODE_ENV", "production");
        let port = process::free_port()?;
        command.env("PEER_LIBRARY", library).env("PEER_PORT", port.to_string()).env("PEER_STATE", &state);
        command.stdout(Stdio::from(log.try_clone()?)).stderr(Stdio::from(log));
        let peer = Guarded::spawn(&mut command)?;
        let began = Instant::now();
        while !state.exists() {
            if began.elapsed() > START_LIMIT {
                bail!("{subject} was not ready after {START_LIMIT:?}; its log is in {}", self.folder.display());
            }
            process::pause(Duration::from_millis(20))?;
        }
        let found = self.crowd(&format!("127.0.0.1:{port}"), peer.pid(), dialect, "", rate)?;
        Ok(Line { subject, rate, found })
    }

    fn crowd(&self, address: &str, server: u32, dialect: &str, token: &str, rate: Option<u64>) -> Result<Found> {
        println!("{dialect}: {}", pace(rate));
        let mut command: Command = process::pinned(&self.crowd, Some(1))?;
        command.arg(address).args(["--dialect", dialect, "--token", token, "--publisher", token]);
        command.args(["--process", &server.to_string(), "--connections", &self.connections.to_string()]);
        command.args(["--rooms", &(self.connections / LISTENERS).max(1).to_string(), "--seconds", &self.seconds.to_string()]);
        if let Some(rate) = rate {
            command.args(["--rate", &rate.to_string()]);
        }
        serde_json::from_str(&process::output(&mut command)?).context("the crowd said something else")
    }
}

fn pace(rate: Option<u64>) -> String {
    rate.map_or_else(|| "as many as go".to_owned(), |rate| format!("{rate} publications/s"))
}

fn table(connections: usize, lines: &[Line]) -> String {
    let mut text = format!("\n{connections} connections, {LISTENERS} in a room; one processor for the server\n\n");
    let _infallible = writeln!(
        text,
        "{:<14} {:<20} {:>11} {:>11} {:>11} {:>12} {:>12} {:>9} {:>9}",
        "", "", "connects/s", "kB each", "published/s", "delivered/s", "missing", "p50 ms", "p99 ms"
    );
    for Line { subject, rate, found } in lines {
        let _infallible = writeln!(
            text,
            "{subject:<14} {:<20} {:>11.0} {:>11.1} {:>11.0} {:>12.0} {:>12} {:>9.1} {:>9.1}",
            pace(*rate),
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
    let ours: Vec<&Line> = lines.iter().filter(|line| line.subject == "Banyan").collect();
    let steady = ours.iter().find(|line| line.rate.is_some());
    let mut aims = Vec::new();
    if let Some(line) = steady {
        aims.push(Aim::at_most("memory of a connection, kB", line.found.bytes_per_connection / 1_024.0, 8.0));
        aims.push(Aim::at_most("10,000 deliveries a second: p99 in ms", line.found.p99, 20.0));
    }
    aims
}
