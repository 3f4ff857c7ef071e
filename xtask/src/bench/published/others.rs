//! Artillery and k6, in their short forms.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::Script;
use crate::process::{self, Guarded};
use crate::tools::{self, NPM};
use crate::workspace;

const LIMIT: Duration = Duration::from_secs(5 * 60);

/// Gives the tools whose thresholds were broken.
pub(super) fn run(script: Script, url: &str, people: &Path) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    let folder = artillery()?;
    println!("{} by Artillery, in short", script.name());
    let mut command = Command::new(folder.join("node_modules/.bin/artillery"));
    command.args(["run", "--quiet", "--environment", "short"]).arg(format!("{}.yml", script.name()));
    command.current_dir(folder).env("ARTILLERY_DISABLE_TELEMETRY", "true");
    if !kept(&mut command, url, people)? {
        broken.push(format!("{} (Artillery)", script.name()));
    }
    match tools::find("k6") {
        Some(k6) => {
            println!("{} by k6, in short", script.name());
            let mut command = Command::new(k6);
            command.args(["run", "--quiet"]).arg(format!("bench/load/k6/{}.js", script.name()));
            if !kept(command.current_dir(workspace::root()).env("SHORT", "1"), url, people)? {
                broken.push(format!("{} (k6)", script.name()));
            }
        }
        None => println!("k6 is not here, so its form of {} does not run", script.name()),
    }
    Ok(broken)
}

/// All end with another status than 0 when a threshold is broken.
fn kept(command: &mut Command, url: &str, people: &Path) -> Result<bool> {
    command.env("BANYAN_URL", url).env("BANYAN_PEOPLE", people);
    Ok(Guarded::spawn(command)?.wait(Some(LIMIT))?.success())
}

/// The folder with Artillery in it. Versions are those of the lock file; scripts of packages do not run.
fn artillery() -> Result<PathBuf> {
    let folder = workspace::root().join("bench/load/artillery");
    if !folder.join("node_modules/.bin/artillery").exists() {
        let npm = NPM.require()?;
        process::run(
            Command::new(npm)
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
                .current_dir(&folder),
        )?;
    }
    Ok(folder)
}
