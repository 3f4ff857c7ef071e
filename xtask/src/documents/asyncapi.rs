//! The AsyncAPI document, as the server itself prints it.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::process;
use crate::server::{self, Profile};

pub(super) fn generate(profile: Profile) -> Result<String> {
    let binary = server::build(profile)?;
    let printed = process::output(Command::new(binary).arg("asyncapi"))?;
    let document: Value = serde_json::from_str(&printed).context("`banyan asyncapi` did not print JSON")?;
    ensure!(document.get("asyncapi").is_some(), "`banyan asyncapi` did not print an AsyncAPI document");
    Ok(format!("{}\n", printed.trim_end()))
}
