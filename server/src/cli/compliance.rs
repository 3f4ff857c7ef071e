use std::fmt::Write as _;

use anyhow::Result;
use serde_json::Value;

use super::installation::Installation;
use super::{Ended, terminal};
use crate::acts::{Act, Answer, perform};

/// Report on row security: every table with its policy as declared and as the engine has it.
///
/// Also counts elevated accesses without a reason. Exit code 1 where something does not hold.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  banyan compliance\n  banyan compliance --json > compliance.json")]
pub(crate) struct Arguments {
    /// For programs, and as evidence.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

impl Arguments {
    pub(crate) fn run(&self) -> Result<Ended> {
        let loaded = self.installation.load()?;
        let Answer::Compliance(report) = perform(&loaded, &Act::ReportCompliance)? else { return Ok(Ended::Wrong) };
        let text = if self.json { serde_json::to_string_pretty(&report)? } else { as_text(&report) };
        terminal::say(&text)?;
        Ok(if report["holds"] == Value::Bool(true) { Ended::Well } else { Ended::Wrong })
    }
}

fn as_text(report: &Value) -> String {
    let mut text = String::new();
    for service in items(&report["services"]) {
        let name = word(&service["service"]);
        let _infallible = writeln!(text, "{name} ({})", word(&service["engine"]));
        let rows: Vec<_> = items(&service["entries"])
            .map(|entry| {
                let state = if entry["enforced"] == Value::Bool(true) { "enforced" } else { "NOT ENFORCED" };
                [word(&entry["table"]), word(&entry["command"]), state.to_owned(), word(&entry["policy"])]
            })
            .collect();
        let _infallible = writeln!(text, "{}", terminal::table(["TABLE", "COMMAND", "STATE", "POLICY"], &rows));
        let of_entries = items(&service["entries"]).flat_map(|entry| items(&entry["findings"]));
        for finding in items(&service["findings"]).chain(of_entries) {
            let _infallible = writeln!(text, "WRONG: {}", word(finding));
        }
        text.push('\n');
    }
    let (overrides, unexplained) = (&report["overrides"], &report["unexplainedOverrides"]);
    let verdict = if report["holds"] == Value::Bool(true) { "everything is as declared" } else { "something is NOT as declared" };
    let _infallible = write!(
        text,
        "Score {} of 100: {verdict}. {overrides} accesses by override, {unexplained} of them without a reason. Checked at {}.",
        report["score"],
        word(&report["checkedAt"])
    );
    text
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
