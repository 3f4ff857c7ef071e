use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Subcommand;

use super::installation::Installation;
use super::{Ended, terminal};
use crate::acts::{Act, Answer, AuditLine, perform};
use crate::audit_heads;
use crate::data::DataDirectory;
use crate::settings::Loaded;

/// The audit logs: who did what to whom, and why.
#[derive(Subcommand)]
pub(crate) enum Command {
    Verify(Verify),
    Export(Export),
}

/// Walk every service's audit chain and say whether it holds.
///
/// Each record carries the digest of the one before it, so a change, a gap or a cut tail shows. A tail that was cut together with
/// the chain's own head shows by the signed heads, which the server writes to audit-heads.jsonl in the data directory. Exit code 1
/// where a chain does not hold, does not go through a signed head, or a head is not readable or not signed by this installation.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  banyan audit verify\n  banyan audit verify --heads /mnt/elsewhere/heads.jsonl")]
pub(crate) struct Verify {
    /// Signed heads to compare with (default: audit-heads.jsonl in the data directory, if it is there). The newest 10,000 count.
    #[arg(long, value_name = "FILE")]
    heads: Option<PathBuf>,
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// Sign the end of every service's audit chain, as JSON lines.
///
/// They are appended to a file and printed. A running server does the same at its start, every hour and at its end. Send them to
/// where whoever may write the data cannot: then `banyan audit verify --heads` shows whether anything was cut or written anew.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  banyan audit export\n  banyan audit export --to /mnt/elsewhere/heads.jsonl")]
pub(crate) struct Export {
    /// Append to this file (default: audit-heads.jsonl in the data directory).
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    #[command(flatten)]
    installation: Installation,
}

impl Command {
    pub(crate) fn run(&self) -> Result<Ended> {
        match self {
            Self::Verify(verify) => verify.run(),
            Self::Export(export) => export.run(),
        }
    }
}

impl Export {
    fn run(&self) -> Result<Ended> {
        let loaded = self.installation.load()?;
        let Answer::AuditHeads(heads) = perform(&loaded, &Act::SignAuditHeads)? else { return Ok(Ended::Wrong) };
        let file = match &self.to {
            Some(file) => file.clone(),
            None => DataDirectory::open(&loaded.data)?.audit_heads(),
        };
        audit_heads::append(&file, &heads)?;
        terminal::say(audit_heads::lines(&heads)?.trim_end())?;
        Ok(Ended::Well)
    }
}

impl Verify {
    fn run(&self) -> Result<Ended> {
        let loaded = self.installation.load()?;
        let file = self.file(&loaded)?;
        let Answer::Audit(lines) = perform(&loaded, &Act::VerifyAudit { heads: file.clone() })? else { return Ok(Ended::Wrong) };
        let holds = lines.iter().all(|line| line.problem.is_none());
        let text = if self.json { serde_json::to_string_pretty(&lines)? } else { as_text(&lines, file.as_ref()) };
        terminal::say(&text)?;
        if !holds {
            terminal::complain(WHAT_TO_DO);
        }
        Ok(if holds { Ended::Well } else { Ended::Wrong })
    }

    /// The file to compare with. A running server reads it from where it stands, so its path is whole.
    fn file(&self, loaded: &Loaded) -> Result<Option<PathBuf>> {
        if let Some(given) = &self.heads {
            let whole = given.canonicalize();
            return whole
                .map(Some)
                .with_context(|| format!("cannot open {}: name a file of `banyan audit export`", given.display()));
        }
        let own = loaded.data.is_dir().then(|| DataDirectory::open(&loaded.data)).transpose()?;
        Ok(own.map(|data| data.audit_heads()).filter(|file| file.exists()))
    }
}

const WHAT_TO_DO: &str = "\
What to do: keep the databases and the file of heads as they are, and find out who could write them. Compare with the heads that
you exported elsewhere (`banyan audit verify --heads FILE`) and with a backup, restored to another data directory. If the data was
replaced on purpose by older data, or has another key, move audit-heads.jsonl away: the next export begins a new one.";

fn as_text(lines: &[AuditLine], file: Option<&PathBuf>) -> String {
    let rows: Vec<_> = lines
        .iter()
        .map(|line| {
            let records = line.records.map_or_else(|| "-".to_owned(), |records| records.to_string());
            let heads = line.heads_checked.map_or_else(|| "-".to_owned(), |heads| heads.to_string());
            let verdict = line.problem.clone().or_else(|| line.head.clone()).unwrap_or_default();
            let state = if line.problem.is_none() { "holds" } else { "BROKEN" };
            [line.service.clone(), state.to_owned(), records, heads, verdict]
        })
        .collect();
    let table = terminal::table(["SERVICE", "CHAIN", "RECORDS", "HEADS", "HEAD"], &rows);
    let checked: usize = lines.iter().filter_map(|line| line.heads_checked).sum();
    let heads = match file {
        Some(file) => format!("{checked} signed heads of {} were checked and hold.", file.display()),
        None => "No signed heads were checked: `banyan audit export` and the running server write them.".to_owned(),
    };
    format!("{}\n{heads}", table.trim_end())
}
