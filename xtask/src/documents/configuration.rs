//! The reference of all settings, as the server itself prints it.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::process;
use crate::server::{self, Profile};

pub(super) fn generate(profile: Profile) -> Result<String> {
    let binary = server::build(profile)?;
    let printed = process::output(Command::new(binary).args(["config", "--reference"]))?;
    ensure!(printed.starts_with("# Configuration"), "`banyan config --reference` did not print the reference");
    Ok(format!("{}\n", printed.trim_end()))
}
