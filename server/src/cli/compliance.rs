use std::fmt::Write as _;

use anyhow::Result;
use serde_json::Value;

use super::installation::Installation;
use super::{Ended, terminal};
use crate::acts::{Act, Answer, Attack, perform};
use crate::house::personal_data;

/// Report on row security: every table with its policy as declared and as the engine has it.
///
/// Also counts elevated accesses without a reason, and says when each command on each table was last attacked. Exit code 1 where
/// something does not hold.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  banyan compliance\n  banyan compliance --attack\n  banyan compliance --json > compliance.json"
)]
pub(crate) struct Arguments {
    /// Attack every table first, as a stranger to all tenants: nothing may be reached, and nothing of it lasts.
    #[arg(long)]
    attack: bool,
    /// Only what is held of people, by table, as Markdown.
    #[arg(long, conflicts_with_all = ["attack", "json"])]
    personal_data: bool,
    /// For programs, and as evidence.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

impl Arguments {
    pub(crate) fn run(&self) -> Result<Ended> {
        if self.personal_data {
            terminal::say(personal_data().trim_end())?;
            return Ok(Ended::Well);
        }
        let loaded = self.installation.load()?;
        let attack = if self.attack { Attack::Wanted } else { Attack::None };
        let Answer::Compliance(report) = perform(&loaded, &Act::ReportCompliance { attack })? else { return Ok(Ended::Wrong) };
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
                [
                    word(&entry["table"]),
                    word(&entry["command"]),
                    state.to_owned(),
                    last_test(&entry["lastTest"]),
                    word(&entry["policy"]),
                ]
            })
            .collect();
        let _infallible = writeln!(text, "{}", terminal::table(["TABLE", "COMMAND", "STATE", "LAST ATTACK", "POLICY"], &rows));
        let of_entries = items(&service["entries"]).flat_map(|entry| items(&entry["findings"]));
        for finding in items(&service["findings"]).chain(of_entries) {
            let _infallible = writeln!(text, "WRONG: {}", word(finding));
        }
        for entry in items(&service["entries"]).filter(|entry| entry["lastTest"]["passed"] == Value::Bool(false)) {
            let (table, command, finding) = (word(&entry["table"]), word(&entry["command"]), word(&entry["lastTest"]["finding"]));
            let _infallible = writeln!(text, "WRONG: {command} on {table}, attacked: {finding}");
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

/// The day and how it went.
fn last_test(test: &Value) -> String {
    let Some(day) = test["at"].as_str().and_then(|at| at.get(..10)) else { return "never".to_owned() };
    format!("{day} {}", if test["passed"] == Value::Bool(true) { "withstood" } else { "FAILED" })
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
