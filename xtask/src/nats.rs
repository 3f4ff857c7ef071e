//! NATS for trying things by hand: one process with JetStream on a free port.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;

use crate::{process, tools, workspace};

/// How long the server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(20);

/// Start and stop a NATS server with JetStream by hand.
///
/// Tests start servers of their own. This one is for trying what programs outside see:
///
///   export BANYAN_EVENTS_NATS_URL=$(cargo xtask nats start)
///   cargo xtask up
///
/// It belongs to this checkout, listens on loopback only, and keeps its messages until it is stopped.
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
    /// Stop the server, and delete its messages.
    Stop,
    /// Print the URL of the running server.
    Url,
}

/// A running server that ends with this value, and its messages with it.
pub(crate) struct Server {
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl Server {
    /// Finds the program, or installs it where that is allowed, and waits until it answers. Its messages stand below `folder`.
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        let (child, port) = start(folder)?;
        Ok(Self { child, port, folder: folder.to_owned() })
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
        let _gone = fs::remove_dir_all(&self.folder);
    }
}

fn start(folder: &Path) -> Result<(Child, u16)> {
    let program = tools::NATS.require()?;
    let port = process::free_port()?;
    fs::create_dir_all(folder)?;
    let mut command = Command::new(program);
    command.args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd"]).arg(folder.join("store"));
    command.arg("-l").arg(folder.join("log"));
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let child = child.context("cannot start nats-server")?;
    let deadline = Instant::now() + PATIENCE;
    while !answers(port) {
        if Instant::now() > deadline {
            bail!("nats-server does not answer on port {port}: see {}", folder.join("log").display());
        }
        process::pause(Duration::from_millis(20))?;
    }
    Ok((child, port))
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = workspace::target_directory()?.join("nats");
    let file = folder.join("server");
    let noted = fs::read_to_string(&file).unwrap_or_default();
    let running = noted.split_once(' ').and_then(|(pid, port)| Some((pid.parse().ok()?, port.trim().parse().ok()?)));
    let running: Option<(i32, u16)> = running.filter(|(_, port)| answers(*port));
    match (&arguments.command, running) {
        (Action::Start | Action::Url, Some((_, port))) => println!("{}", url(port)),
        (Action::Url, None) => bail!("the NATS server does not run: start it with `cargo xtask nats start`"),
        (Action::Start, None) => {
            let (child, port) = start(&folder)?;
            fs::write(&file, format!("{} {port}", child.id()))?;
            println!("{}", url(port));
        }
        (Action::Stop, Some((pid, port))) => {
            let pid = rustix::process::Pid::from_raw(pid).context("no process id")?;
            rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
            let deadline = Instant::now() + PATIENCE;
            while answers(port) && Instant::now() < deadline {
                process::pause(Duration::from_millis(20))?;
            }
            fs::remove_dir_all(&folder)?;
        }
        (Action::Stop, None) => {}
    }
    Ok(())
}

fn url(port: u16) -> String {
    format!("nats://127.0.0.1:{port}")
}

/// It greets whoever connects with `INFO`.
fn answers(port: u16) -> bool {
    use std::io::Read as _;
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        let mut greeting = [0_u8; 4];
        stream.read_exact(&mut greeting)?;
        Ok(&greeting == b"INFO")
    };
    ask().unwrap_or(false)
}
