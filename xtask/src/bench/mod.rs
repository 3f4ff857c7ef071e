//! `cargo xtask bench`.
use anyhow::{Result, bail};

/// Measure Banyan.
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_arguments: &Arguments) -> Result<()> {
    run_quick()
}

/// The quick form.
pub(crate) fn run_quick() -> Result<()> {
    bail!("not written yet")
}
