//! What is held of people, as the server itself prints it.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::process;
use crate::server::{self, Profile};

pub(super) fn generate(profile: Profile) -> Result<String> {
    let binary = server::build(profile)?;
    let printed = process::output(Command::new(binary).args(["compliance", "--personal-data"]))?;
    ensure!(printed.starts_with("# Personal data"), "`banyan compliance --personal-data` did not print the page");
    Ok(format!("{}\n", printed.trim_end()))
}
