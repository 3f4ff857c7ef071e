//! `cargo xtask deps`: installs what the other commands need.

use anyhow::Result;

use crate::postgres::Binaries;
use crate::tools::{self, NPM, PYTHON, WRK};
use crate::{lint, openapi_fuzz, process, workspace};

/// Install what the other commands need.
///
/// They do so by themselves when they need something. This is for preparing a machine or an image
/// ahead, while it has a network. Debian packages are installed where that is allowed (as root);
/// elsewhere the command says what is missing and how to get it.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Also what `test --all` and `bench` need: wrk, Node.js, Python with Schemathesis.
    #[arg(long)]
    all: bool,
    /// Also cargo-nextest, which runs tests faster and shows them better (minutes to build).
    #[arg(long)]
    nextest: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    for manifest in workspace::MANIFESTS {
        process::run(workspace::cargo().args(["fetch", "--locked", "--manifest-path", manifest]))?;
    }
    let postgres = Binaries::require()?;
    println!("PostgreSQL: {}", postgres.folder().display());
    lint::cargo_deny()?;
    if arguments.all {
        for tool in [WRK, NPM, PYTHON] {
            println!("{}: {}", tool.program, tool.require()?.display());
        }
        openapi_fuzz::install()?;
    }
    if arguments.nextest && !tools::has_cargo_command("nextest") {
        process::run(workspace::cargo().args(["install", "cargo-nextest", "--locked"]))?;
    }
    Ok(())
}
