//! `cargo xtask lint`: everything that can be said about the code without running it.

mod architecture;
mod deny;
mod messages;
mod tidy;

use std::time::Instant;

use anyhow::{Result, bail};

use crate::process::{self, Interrupted};
use crate::server::Profile;
use crate::{documents, workspace};

pub(crate) use deny::cargo_deny;

/// Check format, lints, licences, architecture, tidiness and generated documents.
///
/// Runs every check even if one fails, and fails at the end. Licences and banned crates are read
/// from `deny.toml`, banned calls from `clippy.toml`. No check needs the network, except that a
/// missing cargo-deny is built first (about two minutes, once).
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Repair what can be repaired: format, clippy's suggestions, generated documents.
    #[arg(long)]
    fix: bool,
}

type Check = (&'static str, fn() -> Result<()>);

const CHECKS: [Check; 7] = [
    ("format", check_format),
    ("architecture", architecture::check),
    ("tidiness", tidy::check),
    ("messages", messages::check),
    ("licences and sources", deny::check),
    ("clippy", check_clippy),
    ("generated documents", check_documents),
];

const REPAIRS: [Check; 3] = [("clippy", fix_clippy), ("format", fix_format), ("generated documents", documents::write)];

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if arguments.fix {
        run_all(&REPAIRS)?;
    }
    run_all(&CHECKS)
}

fn run_all(checks: &[Check]) -> Result<()> {
    let mut failed = Vec::new();
    for (name, check) in checks {
        println!("── {name}");
        let began = Instant::now();
        match check() {
            Ok(()) => println!("   ok ({:.1} s)", began.elapsed().as_secs_f64()),
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => {
                eprintln!("   {error:#}");
                failed.push(*name);
            }
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    bail!("lint failed: {}", failed.join(", "))
}

fn check_format() -> Result<()> {
    format(&["--check"])
}

fn fix_format() -> Result<()> {
    format(&[])
}

fn format(more: &[&str]) -> Result<()> {
    for manifest in workspace::MANIFESTS {
        process::run(workspace::cargo().args(["fmt", "--all", "--manifest-path", manifest]).args(more))?;
    }
    Ok(())
}

/// Whoever lints tests as well.
fn check_documents() -> Result<()> {
    documents::check(Profile::Test)
}

fn check_clippy() -> Result<()> {
    let mut command = workspace::cargo();
    process::run(command.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn fix_clippy() -> Result<()> {
    let mut command = workspace::cargo();
    command.args(["clippy", "--workspace", "--all-targets", "--fix", "--allow-dirty", "--allow-staged"]);
    process::run(&mut command)
}
