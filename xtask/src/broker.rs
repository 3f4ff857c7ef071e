//! What the brokers (NATS, Redis, RabbitMQ) have in common: started by hand they belong to the checkout and stay until they are stopped;
//! started by a command they end with it.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use rustix::process::{Pid, Signal, kill_process};

use crate::{process, workspace};

/// How long a server may take until it answers, and until it has gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// One kind of them.
pub(crate) struct Broker {
    /// As in `cargo xtask <name> start`.
    pub(crate) name: &'static str,
    pub(crate) scheme: &'static str,
    /// Whether one is there, on this port of the loopback.
    pub(crate) answers: fn(u16) -> bool,
    /// Starts one whose files stand in that folder.
    pub(crate) start: fn(&Path) -> Result<Server>,
}

#[derive(Subcommand)]
pub(crate) enum Action {
    /// Start the server (a running one is left as it is) and print its URL.
    Start,
    /// Stop the server, and delete what it kept.
    Stop,
    /// Print the URL of the running server.
    Url,
}

/// A running server that ends with this value, and what it kept with it.
pub(crate) struct Server {
    /// What the server needs beside it, and the server.
    children: Vec<Child>,
    port: u16,
    url: String,
    folder: Option<PathBuf>,
}

impl Broker {
    pub(crate) fn url(&self, port: u16) -> String {
        format!("{}://127.0.0.1:{port}", self.scheme)
    }

    /// Starts the commands, of which the last is the server, and waits until it answers.
    pub(crate) fn spawn(&self, commands: Vec<Command>, port: u16, folder: Option<PathBuf>) -> Result<Server> {
        let mut server = Server { children: Vec::new(), port, url: self.url(port), folder };
        for mut command in commands {
            let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
            server.children.push(child.with_context(|| format!("cannot start {}", command.get_program().display()))?);
        }
        let deadline = Instant::now() + PATIENCE;
        while !(self.answers)(port) {
            process::check_interrupted()?;
            if let Some(status) = server.children.last_mut().map(Child::try_wait).transpose()?.flatten() {
                bail!("{} ended at once: {status}", self.name);
            }
            if Instant::now() > deadline {
                bail!("{} does not answer on port {port}", self.name);
            }
            process::pause(Duration::from_millis(20))?;
        }
        Ok(server)
    }

    /// `start`, `stop` or `url` by hand.
    pub(crate) fn by_hand(&self, action: &Action) -> Result<()> {
        let folder = workspace::target_directory()?.join(self.name);
        let noted = folder.join("server");
        let running = Noted::read(&noted).filter(|noted| (self.answers)(noted.port));
        match (action, running) {
            (Action::Start | Action::Url, Some(Noted { port, .. })) => println!("{}", self.url(port)),
            (Action::Url, None) => bail!("{0} does not run: start it with `cargo xtask {0} start`", self.name),
            (Action::Start, None) => {
                let _none_there = fs::remove_dir_all(&folder);
                fs::create_dir_all(&folder)?;
                let server = (self.start)(&folder)?;
                let pids: Vec<String> = server.children.iter().map(|child| child.id().to_string()).collect();
                fs::write(&noted, format!("{} {}", server.port, pids.join(" ")))?;
                println!("{}", server.url);
                std::mem::forget(server);
            }
            (Action::Stop, Some(Noted { port, pids })) => {
                for pid in pids {
                    // What ended by itself is no longer there.
                    let _gone = kill_process(pid, Signal::TERM);
                }
                let deadline = Instant::now() + PATIENCE;
                while (self.answers)(port) && Instant::now() < deadline {
                    process::pause(Duration::from_millis(20))?;
                }
                let _gone = fs::remove_dir_all(&folder);
            }
            (Action::Stop, None) => {}
        }
        Ok(())
    }
}

impl Server {
    pub(crate) fn pid(&self) -> u32 {
        self.children.last().map_or(0, Child::id)
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            let _gone = child.kill();
            let _status = child.wait();
        }
        if let Some(folder) = &self.folder {
            let _gone = fs::remove_dir_all(folder);
        }
    }
}

/// The server that was started by hand.
struct Noted {
    port: u16,
    pids: Vec<Pid>,
}

impl Noted {
    fn read(file: &Path) -> Option<Self> {
        let text = fs::read_to_string(file).ok()?;
        let mut words = text.split_whitespace();
        let port = words.next()?.parse().ok()?;
        let pids = words.map(|pid| pid.parse().ok().and_then(Pid::from_raw)).collect::<Option<Vec<_>>>()?;
        Some(Self { port, pids })
    }
}

/// Says something to whoever listens there; what comes back within a second, or nothing.
pub(crate) fn say(port: u16, text: &str) -> Vec<u8> {
    use std::io::{Read as _, Write as _};
    let ask = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(text.as_bytes())?;
        let mut answer = [0_u8; 64];
        let read = stream.read(&mut answer)?;
        Ok(answer[..read].to_vec())
    };
    ask().unwrap_or_default()
}
