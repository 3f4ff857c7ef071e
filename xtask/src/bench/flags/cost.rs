//! Evaluations in the process.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::Length;
use crate::{process, workspace};

const EXAMPLE: &str = "evaluation_cost";

/// What the program prints.
#[derive(Deserialize, Serialize)]
pub(super) struct Costs {
    rounds: u32,
    evaluations: u32,
    flags: u32,
    pub(super) cases: Vec<Case>,
}

#[derive(Deserialize, Serialize)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) nanoseconds: f64,
}

pub(super) fn measure(length: &Length) -> Result<Costs> {
    let mut build = workspace::cargo();
    process::run(build.args(["build", "--release", "--package", "banyan-features", "--example", EXAMPLE]))?;
    let program = workspace::target_directory()?.join("release/examples").join(EXAMPLE);
    let mut command = Command::new(program);
    let text = process::output(command.args([length.rounds.to_string(), length.evaluations.to_string()]))?;
    serde_json::from_str(&text).context("the measurement said something else")
}

pub(super) fn table(costs: &Costs) -> String {
    let Costs { rounds, evaluations, flags, cases } = costs;
    let mut text = format!(
        "\nns for each of {evaluations} evaluations in a row, one thread, {flags} flags, the middle of {rounds} rounds\n\n"
    );
    for case in cases {
        let _infallible = writeln!(text, "{:<32} {:>9.0}", case.name, case.nanoseconds);
    }
    text
}
