//! The yardstick service on Fastify.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::process::{self, Guarded};
use crate::tools;
use crate::workspace;

const START_LIMIT: Duration = Duration::from_secs(30);

/// The running service; it ends with this value.
pub(super) struct Fastify {
    process: Guarded,
    pub(super) state: State,
}

/// What the service writes when it is ready.
#[derive(Deserialize)]
pub(super) struct State {
    pub(super) listen: String,
    pub(super) token: String,
}

impl Fastify {
    /// Installs its libraries if need be, starts it on an empty database and waits until it is ready.
    pub(super) fn start(database_url: &str, folder: &Path) -> Result<Self> {
        let source = install()?;
        let state_file = folder.join("fastify.json");
        let log = folder.join("fastify.log");
        let _ = fs::remove_file(&state_file);
        let log_file = fs::File::create(&log)?;

        let node = tools::find("node").context("npm is here but node is not: install Node.js 20 or newer")?;
        let mut command = Command::new(node);
        command.arg("server.js").current_dir(source).env("NODE_ENV", "production");
        command.env("PEER_DATABASE_URL", database_url).env("PEER_STATE", &state_file);
        command.stdout(Stdio::from(log_file.try_clone()?)).stderr(Stdio::from(log_file));
        let mut process = Guarded::spawn(&mut command)?;

        let began = Instant::now();
        while !state_file.exists() {
            if let Some(status) = process.ended()? {
                bail!("the Fastify service did not start ({status}):\n{}", fs::read_to_string(&log)?);
            }
            if began.elapsed() > START_LIMIT {
                bail!("the Fastify service was not ready after {START_LIMIT:?}; its log is {}", log.display());
            }
            process::pause(Duration::from_millis(10))?;
        }
        let state = serde_json::from_str(&fs::read_to_string(&state_file)?)?;
        Ok(Self { process, state })
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.pid()
    }
}

/// Installs the libraries beside the source, where Node looks for them.
fn install() -> Result<PathBuf> {
    let source = workspace::root().join("bench/peers/fastify");
    tools::install_node_libraries(&source)?;
    Ok(source)
}
