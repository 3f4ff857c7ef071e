use anyhow::Result;
use clap::Subcommand;

use super::installation::Installation;
use super::{Ended, terminal};
use crate::acts::{Act, Answer, perform};

/// The audit logs: who did what to whom, and why.
#[derive(Subcommand)]
pub(crate) enum Command {
    Verify(Verify),
}

/// Walk every service's audit chain and say whether it holds.
///
/// Each record carries the digest of the one before it, so a change, a gap or a cut tail shows. Note the heads elsewhere: a log
/// whose end was cut together with its head can be found by them alone. Exit code 1 where a chain does not hold.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  banyan audit verify\n  banyan audit verify --json > audit-heads.json")]
pub(crate) struct Verify {
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

impl Command {
    pub(crate) fn run(&self) -> Result<Ended> {
        let Self::Verify(verify) = self;
        let loaded = verify.installation.load()?;
        let Answer::Audit(lines) = perform(&loaded, &Act::VerifyAudit)? else { return Ok(Ended::Wrong) };
        let holds = lines.iter().all(|line| line.problem.is_none());
        if verify.json {
            terminal::say(&serde_json::to_string_pretty(&lines)?)?;
        } else {
            let rows: Vec<_> = lines
                .iter()
                .map(|line| {
                    let records = line.records.map_or_else(|| "-".to_owned(), |records| records.to_string());
                    let verdict = line.problem.clone().or_else(|| line.head.clone()).unwrap_or_default();
                    let state = if line.problem.is_none() { "holds" } else { "BROKEN" };
                    [line.service.clone(), state.to_owned(), records, verdict]
                })
                .collect();
            terminal::say(&terminal::table(["SERVICE", "CHAIN", "RECORDS", "HEAD"], &rows))?;
        }
        Ok(if holds { Ended::Well } else { Ended::Wrong })
    }
}
