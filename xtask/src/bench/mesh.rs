//! `cargo xtask bench mesh`: what a call by name costs above the bare call.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::{process, workspace};

const EXAMPLE: &str = "call_cost";

/// Times are microseconds for each call; `processor` is that of the caller's thread.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    rounds: u32,
    calls: u32,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    name: String,
    bare_microseconds: f64,
    mesh_microseconds: f64,
    bare_processor_microseconds: f64,
    mesh_processor_microseconds: f64,
}

pub(super) fn run(rounds: u16, calls: u32) -> Result<()> {
    let mut build = workspace::cargo();
    process::run(build.args(["build", "--release", "--package", "banyan-mesh", "--example", EXAMPLE]))?;
    let target = workspace::target_directory()?;
    let mut command = Command::new(target.join("release/examples").join(EXAMPLE));
    let text = process::output(command.args([rounds.to_string(), calls.to_string()]))?;
    let found: Found = serde_json::from_str(&text).context("the measurement said something else")?;
    println!("{}", table(&found));
    let file = target.join("bench/mesh.json");
    fs::create_dir_all(target.join("bench"))?;
    fs::write(&file, text)?;
    println!("written to {}", file.display());
    Ok(())
}

fn table(found: &Found) -> String {
    let mut text = format!("µs for each of {} calls in a row, the middle of {} rounds\n\n", found.calls, found.rounds);
    let _infallible = writeln!(text, "{:<24} {:>8} {:>8} {:>8}   processor:", "", "bare", "mesh", "more");
    for case in &found.cases {
        let (bare, mesh) = (case.bare_microseconds, case.mesh_microseconds);
        let (processor, of_mesh) = (case.bare_processor_microseconds, case.mesh_processor_microseconds);
        let _infallible = writeln!(
            text,
            "{:<24} {bare:>8.2} {mesh:>8.2} {:>8.2} {processor:>8.2} {of_mesh:>8.2} {:>8.2}",
            case.name,
            mesh - bare,
            of_mesh - processor
        );
    }
    text
}
