//! Licences, banned crates and where crates come from, by cargo-deny.
//!
//! cargo-deny rather than a check of our own: it builds in about two minutes on two cores, once,
//! and knows licence expressions, features and targets better than we would.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::{process, tools, workspace};

/// Fixed, so that a new release does not change what passes.
const VERSION: &str = "0.20.2";

/// cargo-deny from the `PATH`, or our own one below the target folder, built at the first call.
pub(crate) fn cargo_deny() -> Result<Command> {
    let program = match tools::find("cargo-deny") {
        Some(found) => found,
        None => our_own()?,
    };
    let mut command = Command::new(program);
    command.current_dir(workspace::root());
    Ok(command)
}

fn our_own() -> Result<PathBuf> {
    let folder = workspace::target_directory()?.join("tools");
    let program = folder.join("bin").join("cargo-deny");
    if !tools::is_executable(&program) {
        println!("cargo-deny is missing: building it (about two minutes, once)");
        let mut install = workspace::cargo();
        install.args(["install", "cargo-deny", "--locked", "--quiet", "--version", VERSION, "--root"]);
        process::run(install.arg(&folder))?;
    }
    Ok(program)
}

pub(super) fn check() -> Result<()> {
    for manifest in workspace::MANIFESTS {
        let mut command = cargo_deny()?;
        command.args(["--log-level", "error", "--manifest-path", manifest, "--config", "deny.toml", "--workspace"]);
        process::run(command.args(["--all-features", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"]))?;
    }
    Ok(())
}
