//! The load tool of `bench/load/goose`: a workspace of its own, built when somebody measures.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{Length, Script};
use crate::process::{self, Guarded};
use crate::workspace;

/// The longest script takes 19 minutes.
const LIMIT: Duration = Duration::from_secs(30 * 60);

pub(super) struct Ran {
    /// Whether the thresholds held.
    pub(super) kept: bool,
    pub(super) report: Value,
}

/// Builds the tool and gives its path.
pub(super) fn build() -> Result<PathBuf> {
    let target = workspace::target_directory()?.join("load");
    let mut command = workspace::cargo();
    command.args(["build", "--release", "--locked", "--manifest-path", "bench/load/goose/Cargo.toml", "--target-dir"]);
    process::run(command.arg(&target))?;
    Ok(target.join("release/banyan-load"))
}

pub(super) fn run(tool: &Path, script: Script, length: Length, url: &str, people: &Path, folder: &Path) -> Result<Ran> {
    let file = folder.join(format!("{}.json", script.name()));
    let _ = fs::remove_file(&file);
    let mut command = Command::new(tool);
    command.args([script.name(), "--url", url, "--people"]).arg(people).arg("--report").arg(&file);
    match length {
        Length::Quick => command.arg("--quick"),
        Length::Percent(percent) => command.args(["--time", &percent.to_string()]),
    };
    let status = Guarded::spawn(&mut command)?.wait(Some(LIMIT))?;
    let report = fs::read_to_string(&file).with_context(|| format!("{} wrote no report ({status})", tool.display()))?;
    Ok(Ran { kept: status.success(), report: serde_json::from_str(&report)? })
}
