//! `http-cache-tests`, the tests by which caches are compared (cache-tests.fyi), against ours.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::process::{self, Guarded};
use crate::tools::{self, NPM};
use crate::workspace;

const START_LIMIT: Duration = Duration::from_secs(30);
/// The tests themselves wait for answers to become stale; all of them take about half a minute.
const LIMIT: Duration = Duration::from_secs(5 * 60);

/// Check the cache against RFC 9111 with the npm package `http-cache-tests`; prints the table of docs/http-cache.md
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Result<()> {
    let node = tools::find("node");
    let source = install()?;
    let node = node.or_else(|| tools::find("node")).context("npm is here but node is not: install Node.js 20 or newer")?;
    process::run(workspace::cargo().args(["build", "--quiet", "--package", "banyan-http-cache", "--example", "cache_proxy"]))?;
    let folder = workspace::target_directory()?.join("cache-tests");
    fs::create_dir_all(&folder)?;

    let port = free_port()?;
    let log = fs::File::create(folder.join("origin.log"))?;
    let mut origin = Command::new(&node);
    origin.arg("server/server.mjs").current_dir(source.join("node_modules/http-cache-tests"));
    origin.env("npm_config_protocol", "http").env("npm_config_port", port.to_string());
    origin.env("npm_config_pidfile", folder.join("origin.pid"));
    let _origin = Guarded::spawn(origin.stdout(Stdio::from(log.try_clone()?)).stderr(Stdio::from(log)))?;

    let listens = folder.join("proxy.address");
    let mut proxy = Command::new(workspace::target_directory()?.join("debug/examples/cache_proxy"));
    proxy.arg(format!("127.0.0.1:{port}")).stdout(Stdio::from(fs::File::create(&listens)?));
    let _proxy = Guarded::spawn(&mut proxy)?;
    let address = first_line(&listens)?;
    let began = Instant::now();
    while std::net::TcpStream::connect(("localhost", port)).is_err() {
        if began.elapsed() > START_LIMIT {
            bail!("the origin of http-cache-tests did not start; its log is {}", folder.join("origin.log").display());
        }
        process::pause(Duration::from_millis(20))?;
    }

    let mut tests = Command::new(node);
    tests.args(["--no-warnings", "run.mjs"]).arg(format!("http://{address}")).current_dir(source);
    if !Guarded::spawn(&mut tests)?.wait(Some(LIMIT))?.success() {
        bail!("the cache breaks a rule that it should keep; see docs/http-cache.md");
    }
    Ok(())
}

/// Puts the tests beside their runner, where Node looks for them. Their versions are exact, their scripts do not run.
fn install() -> Result<PathBuf> {
    let source = workspace::root().join("bench/cache-tests");
    if !source.join("node_modules/http-cache-tests/package.json").exists() {
        let npm = NPM.require()?;
        let arguments = ["install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        process::run(Command::new(npm).args(arguments).current_dir(&source))?;
    }
    Ok(source)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Waits for the first line that a program writes.
fn first_line(file: &Path) -> Result<String> {
    let began = Instant::now();
    loop {
        let text = fs::read_to_string(file)?;
        if let Some((line, _)) = text.split_once('\n') {
            return Ok(line.to_owned());
        }
        if began.elapsed() > START_LIMIT {
            bail!("the proxy did not say where it listens");
        }
        process::pause(Duration::from_millis(20))?;
    }
}
