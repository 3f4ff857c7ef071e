//! What a connection costs that says nothing.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Resource, getrlimit, setrlimit};

use super::super::usage;
use crate::process;

/// Connections that are opened at a time.
const CONNECTIONS: usize = 1_000;

/// How long a server may take to put away what it does not need any more.
const SETTLE: Duration = Duration::from_secs(1);

/// Bytes of memory that the process `pid` holds more for each connection that has had one answer and is kept open. A first
/// thousand, not counted, fills what a process keeps for good.
pub(super) fn bytes_per_connection(pid: u32, port: u16) -> Result<f64> {
    allow_many_files()?;
    let first = open_many(port)?;
    process::pause(SETTLE)?;
    let before = usage::memory(pid)?;
    let second = open_many(port)?;
    process::pause(SETTLE)?;
    let after = usage::memory(pid)?;
    drop((first, second));
    Ok(after.saturating_sub(before) as f64 / CONNECTIONS as f64)
}

fn open_many(port: u16) -> Result<Vec<TcpStream>> {
    (0..CONNECTIONS).map(|_| open(port)).collect::<Result<_>>().context("cannot open the idle connections")
}

fn open(port: u16) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(b"GET /bench/small HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut answer = [0; 4096];
    let length = stream.read(&mut answer)?;
    ensure!(answer[..length].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..length]));
    Ok(stream)
}

/// A shell's usual limit is 1,024 open files.
fn allow_many_files() -> Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).context("cannot raise the limit of open files")
}
