//! `cargo xtask advisories`: known security problems of our libraries.

use anyhow::Result;

use crate::{lint, process};

/// Check our libraries for known security problems (RustSec). Needs the network.
///
/// Not a part of `lint`: a problem that is published today must not break yesterday's commit.
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_arguments: &Arguments) -> Result<()> {
    let mut command = lint::cargo_deny()?;
    process::run(command.args(["--workspace", "--all-features", "check", "advisories"]))
}
