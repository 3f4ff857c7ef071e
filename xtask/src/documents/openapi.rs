//! The OpenAPI document, as the server itself prints it.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::process;
use crate::server::{self, Profile};

pub(super) fn generate(profile: Profile) -> Result<String> {
    let binary = server::build(profile)?;
    let printed = process::output(Command::new(binary).arg("openapi"))?;
    let document: Value = serde_json::from_str(&printed).context("`banyan openapi` did not print JSON")?;
    ensure!(document.get("openapi").is_some(), "`banyan openapi` did not print an OpenAPI document");
    Ok(format!("{}\n", printed.trim_end()))
}
