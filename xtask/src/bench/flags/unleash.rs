//! Unleash itself, from npm.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use super::FLAGS;
use super::requests::Peer;
use crate::process::{self, Guarded};
use crate::{tools, workspace};

/// It migrates its database, and makes its flags one by one.
const START_LIMIT: Duration = Duration::from_secs(240);

pub(super) struct Unleash {
    process: Guarded,
    state: State,
}

/// What it writes when it is ready.
#[derive(Deserialize)]
struct State {
    listen: String,
    client: String,
    frontend: String,
}

impl Unleash {
    pub(super) fn start(database_url: &str, folder: &Path) -> Result<Self> {
        let source = workspace::root().join("bench/peers/unleash");
        tools::install_node_libraries(&source)?;
        let node = tools::find("node").context("npm is here but node is not: install Node.js 20 or newer")?;
        let (state_file, log) = (folder.join("unleash.json"), folder.join("unleash.log"));
        let log_file = fs::File::create(&log)?;
        let mut command = Command::new(node);
        command.arg("server.js").current_dir(source).env("NODE_ENV", "production");
        command.env("PEER_DATABASE_URL", database_url).env("PEER_STATE", &state_file);
        command.env("PEER_PORT", process::free_port()?.to_string()).env("PEER_FLAGS", FLAGS.to_string());
        command.stdout(Stdio::from(log_file.try_clone()?)).stderr(Stdio::from(log_file));
        let mut process = Guarded::spawn(&mut command)?;
        let began = Instant::now();
        while !state_file.exists() {
            if let Some(status) = process.ended()? {
                bail!("Unleash did not start ({status}):\n{}", fs::read_to_string(&log)?);
            }
            if began.elapsed() > START_LIMIT {
                bail!("Unleash was not ready after {START_LIMIT:?}; its log is {}", log.display());
            }
            process::pause(Duration::from_millis(20))?;
        }
        let state = serde_json::from_str(&fs::read_to_string(&state_file)?)?;
        Ok(Self { process, state })
    }

    pub(super) fn peer(&self) -> Peer {
        Peer {
            subject: "Unleash 7.5.1",
            url: self.state.listen.clone(),
            pid: self.process.pid(),
            client: self.state.client.clone(),
            frontend: self.state.frontend.clone(),
        }
    }
}
