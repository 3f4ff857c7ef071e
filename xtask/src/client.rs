//! The TypeScript client in `clients/typescript`: its libraries, what is generated for it, and its compilation.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process;
use crate::tools::{self, NPM};
use crate::workspace;

/// Make the TypeScript client in clients/typescript: types from docs/openapi.json, compiled into dist/
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Result<()> {
    build()?;
    println!("made clients/typescript/dist; its README says how it is used");
    Ok(())
}

/// Generates and compiles. Both take some seconds, so it is done each time.
pub(crate) fn build() -> Result<()> {
    NPM.require()?;
    let node = tools::find("node").context("npm is here but node is not: install Node.js 18 or newer")?;
    let source = folder();
    tools::install_node_libraries(&source)?;
    process::run(Command::new(&node).arg("generate.mjs").current_dir(&source))?;
    // By its file, because the program of that name on the `PATH` may be of another version.
    process::run(Command::new(node).args(["node_modules/typescript/bin/tsc", "--project", "tsconfig.json"]).current_dir(source))
}

fn folder() -> PathBuf {
    workspace::root().join("clients/typescript")
}
