//! The SDKs of Unleash and OpenFeature, which tests let ask a server, and Unleash's specification of what SDKs must answer.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::tools::{self, NPM, PYTHON};
use crate::{process, workspace};

/// Install the libraries of the programs in docs/examples/flag-clients: for Node.js there, for Python in target/flag-clients-venv
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Result<()> {
    install()?;
    println!("installed; docs/unleash.md says how the programs are used");
    Ok(())
}

/// Does nothing where nothing has changed.
pub(crate) fn install() -> Result<()> {
    NPM.require()?;
    tools::find("node").context("npm is here but node is not: install Node.js 20 or newer")?;
    let source = folder();
    tools::install_node_libraries(&source)?;
    install_python(&source, "flag-clients-venv")
}

/// The libraries that `requirements.txt` of a folder names, in an environment of this name below the target's folder.
pub(crate) fn install_python(source: &Path, environment: &str) -> Result<()> {
    let requirements = fs::read_to_string(source.join("requirements.txt"))?;
    let target = workspace::target_directory()?.join(environment);
    let marker = target.join("installed");
    if fs::read_to_string(&marker).is_ok_and(|installed| installed == requirements) {
        return Ok(());
    }
    let _ = fs::remove_dir_all(&target);
    let python = PYTHON.require()?;
    process::run(Command::new(python).args(["-m", "venv"]).arg(&target))
        .with_context(|| format!("Python cannot make an environment: {}", PYTHON.remedy))?;
    process::run(Command::new(target.join("bin/pip")).args(["install", "--quiet", "-r"]).arg(source.join("requirements.txt")))?;
    fs::write(marker, requirements)?;
    Ok(())
}

fn folder() -> PathBuf {
    workspace::root().join("docs/examples/flag-clients")
}
