//! Redis for tests and trying things by hand: one process on a free port, without a file, that ends with the run.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;

use crate::postgres::{Account, base_folder};
use crate::{process, tools, workspace};

/// How long the server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(20);

/// Start and stop the Redis test server by hand.
///
/// `cargo xtask test` starts a server of its own. This one is for working on a single crate:
///
///   export BANYAN_TEST_REDIS_URL=$(cargo xtask redis start)
///   cargo test -p banyan-edge
///
/// It belongs to this checkout, listens on loopback only and keeps nothing.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Start the server (a running one is left as it is) and print its URL.
    Start,
    /// Stop the server.
    Stop,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let target = workspace::target_directory()?;
    let file = target.join("redis-port");
    let running = fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok()).filter(|port| answers(*port));
    match (&arguments.command, running) {
        (Action::Start, Some(port)) => println!("{}", url(port)),
        (Action::Start, None) => {
            let server = Server::start(Keeps::Nothing)?;
            fs::create_dir_all(&target)?;
            fs::write(&file, server.port.to_string())?;
            println!("{}", url(server.port));
            std::mem::forget(server);
        }
        (Action::Stop, Some(port)) => {
            say(port, "SHUTDOWN NOSAVE\r\n");
        }
        (Action::Stop, None) => {}
    }
    Ok(())
}

/// What is kept while it runs.
#[derive(Clone, Copy)]
pub(crate) enum Keeps {
    Nothing,
    /// Each write is on the disk before it is answered.
    Everything,
}

/// A running server that ends with this value.
pub(crate) struct Server {
    child: Child,
    port: u16,
    folder: Option<PathBuf>,
}

impl Server {
    /// Finds the program, or installs it where that is allowed, and waits until it answers.
    pub(crate) fn start(keeps: Keeps) -> Result<Self> {
        let program = tools::REDIS.require()?;
        let account = Account::choose()?;
        let port = process::free_port()?;
        let mut command = Command::new(program);
        command
            .args([
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--databases",
                "64",
                "--loglevel",
                "warning",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let folder = match keeps {
            Keeps::Nothing => {
                command.args(["--appendonly", "no", "--dir", "/tmp"]);
                None
            }
            Keeps::Everything => {
                let folder = base_folder()?.join(format!("redis-{port}"));
                account.create_folder(&folder)?;
                command.args(["--appendonly", "yes", "--appendfsync", "always", "--dir"]).arg(&folder);
                Some(folder)
            }
        };
        account.apply(&mut command, &base_folder()?);
        let child = command.spawn().context("cannot start redis-server")?;
        let mut server = Self { child, port, folder };
        let deadline = Instant::now() + PATIENCE;
        while !answers(port) {
            process::check_interrupted()?;
            if let Some(status) = server.child.try_wait()? {
                bail!("redis-server ended at once: {status}");
            }
            if Instant::now() > deadline {
                bail!("redis-server does not answer on port {port}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn url(&self) -> String {
        url(self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
        if let Some(folder) = &self.folder {
            let _gone = fs::remove_dir_all(folder);
        }
    }
}

fn url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}

fn answers(port: u16) -> bool {
    say(port, "PING\r\n").starts_with("+PONG")
}

/// Sends one command; what comes back within a second, or nothing.
fn say(port: u16, command: &str) -> String {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(command.as_bytes())?;
        let mut buffer = [0_u8; 64];
        let read = stream.read(&mut buffer)?;
        Ok(String::from_utf8_lossy(&buffer[..read]).into_owned())
    };
    ask().unwrap_or_default()
}
