//! Centrifugo's clients, which tests let listen to rooms, and that of Yjs, which they let edit documents.

use anyhow::{Context as _, Result};

use crate::flag_clients::install_python;
use crate::tools::{self, NPM};
use crate::workspace;

/// Install the libraries of the programs in docs/examples/realtime-clients and shared-documents: for Node.js there, for Python in target/realtime-clients-venv
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Result<()> {
    install()?;
    println!("installed; docs/realtime.md says what the programs do");
    Ok(())
}

/// Does nothing where nothing has changed.
pub(crate) fn install() -> Result<()> {
    NPM.require()?;
    tools::find("node").context("npm is here but node is not: install Node.js 20 or newer")?;
    let source = workspace::root().join("docs/examples/realtime-clients");
    tools::install_node_libraries(&source)?;
    tools::install_node_libraries(&workspace::root().join("docs/examples/shared-documents"))?;
    install_python(&source, "realtime-clients-venv")
}
