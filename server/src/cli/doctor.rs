use std::fmt::Write as _;

use anyhow::Result;

use super::installation::Installation;
use super::{Ended, terminal};
use crate::doctor::{Finding, Severity, examine};

/// Say what is wrong with this installation, each finding with its remedy.
///
/// Looks at the data directory, the key, the engine, the cache's Redis, the clock, the disk, addresses, mail and weak settings; changes nothing.
/// Works beside a running server. Exit code 1 if something is wrong.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  banyan doctor\n  banyan doctor --data /var/lib/banyan --json")]
pub(crate) struct Arguments {
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

impl Arguments {
    pub(crate) fn run(&self) -> Result<Ended> {
        let findings = examine(&self.installation.load()?);
        let text = if self.json { serde_json::to_string_pretty(&findings)? } else { as_text(&findings) };
        terminal::say(&text)?;
        let wrong = findings.iter().any(|finding| finding.severity == Severity::Wrong);
        Ok(if wrong { Ended::Wrong } else { Ended::Well })
    }
}

fn as_text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let word = match finding.severity {
            Severity::Fine => "ok",
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Wrong => "WRONG",
        };
        let _infallible = writeln!(text, "{word:<8} {}: {}", finding.check, finding.found);
        if let Some(remedy) = &finding.remedy {
            let _infallible = writeln!(text, "         → {remedy}");
        }
    }
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (wrong, warnings) = (count(Severity::Wrong), count(Severity::Warning));
    let _infallible = write!(text, "\n{wrong} wrong, {warnings} to be changed.");
    text
}
