//! Numbers, dates, money, plural forms, lists and distances in time as Banyan writes them, beside Node's `Intl`.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::process;
use crate::tools;
use crate::workspace;

/// Between these the page has what a run gave.
const BEGIN: &str = "<!-- written by `cargo xtask locale-compare` -->\n";
const END: &str = "<!-- end -->\n";

/// Compare 80,000 formatted values in six languages with Node's `Intl`; fails where a difference has no rule that explains it
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write the outcome into docs/locale.md.
    #[arg(long)]
    write: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let node = tools::find("node").context("node is missing: install Node.js 20 or newer, with all its languages (full ICU)")?;
    process::run(workspace::cargo().args(["build", "--quiet", "--package", "banyan-locale", "--example", "compare"]))?;
    let folder = workspace::target_directory()?.join("locale-compare");
    fs::create_dir_all(&folder)?;
    let (cases, report) = (folder.join("cases.jsonl"), folder.join("report.md"));
    let script = workspace::root().join("platform/locale/examples/compare/intl.mjs");
    process::run(Command::new(node).arg(script).stdout(Stdio::from(fs::File::create(&cases)?)))?;
    let mut compare = Command::new(workspace::target_directory()?.join("debug/examples/compare"));
    let outcome = process::run(compare.stdin(fs::File::open(&cases)?).stdout(Stdio::from(fs::File::create(&report)?)));
    let report = fs::read_to_string(report)?;
    print!("{report}");
    outcome.context("some differences have no rule that explains them")?;
    if arguments.write {
        write(&report)?;
    }
    Ok(())
}

/// As a part of all tests.
pub(crate) fn check() -> Result<()> {
    run(&Arguments { write: false })
}

fn write(report: &str) -> Result<()> {
    let page = workspace::root().join("docs/locale.md");
    let text = fs::read_to_string(&page)?;
    let (Some((before, _)), Some((_, after))) = (text.split_once(BEGIN), text.split_once(END)) else {
        bail!("docs/locale.md has lost the marks between which the outcome stands");
    };
    fs::write(page, format!("{before}{BEGIN}\n{report}\n{END}{after}"))?;
    Ok(())
}
