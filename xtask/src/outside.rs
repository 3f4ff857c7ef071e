//! The libraries of the programs in `docs/examples/outside`, which tests run against a server.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::tools::{self, NATS, NPM, PYTHON};
use crate::{process, workspace};

/// Install the libraries of the programs in docs/examples/outside, which read events: for Node.js there, for Python in target/outside-venv
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Result<()> {
    install()?;
    println!("installed; docs/examples/outside/README.md says how the programs are used");
    Ok(())
}

/// Does nothing where nothing has changed.
pub(crate) fn install() -> Result<()> {
    NATS.require()?;
    NPM.require()?;
    tools::find("node").context("npm is here but node is not: install Node.js 20 or newer")?;
    let source = workspace::root().join("docs/examples/outside");
    tools::install_node_libraries(&source)?;
    let requirements = fs::read_to_string(source.join("requirements.txt"))?;
    let folder = workspace::target_directory()?.join("outside-venv");
    let marker = folder.join("installed");
    if fs::read_to_string(&marker).is_ok_and(|installed| installed == requirements) {
        return Ok(());
    }
    let _ = fs::remove_dir_all(&folder);
    let python = PYTHON.require()?;
    process::run(Command::new(python).args(["-m", "venv"]).arg(&folder))
        .with_context(|| format!("Python cannot make an environment: {}", PYTHON.remedy))?;
    process::run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", "-r"]).arg(source.join("requirements.txt")))?;
    fs::write(marker, requirements)?;
    Ok(())
}
