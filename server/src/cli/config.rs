use anyhow::Result;

use super::installation::Installation;
use super::{Ended, terminal};
use crate::settings::{as_json, as_text, reference};

/// Show the effective settings and where each came from.
///
/// Secrets are masked. A setting that is wrong is named with its place and the fix, as at the start.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  banyan config\n  banyan config --data /var/lib/banyan --json")]
pub(crate) struct Arguments {
    /// For programs.
    #[arg(long)]
    json: bool,
    /// The reference of all settings as Markdown, instead of their values.
    #[arg(long, conflicts_with = "json")]
    reference: bool,
    #[command(flatten)]
    installation: Installation,
}

impl Arguments {
    pub(crate) fn run(&self) -> Result<Ended> {
        if self.reference {
            terminal::say(reference().trim_end())?;
            return Ok(Ended::Well);
        }
        let loaded = self.installation.load()?;
        let text = if self.json { serde_json::to_string_pretty(&as_json(&loaded))? } else { as_text(&loaded) };
        terminal::say(text.trim_end())?;
        Ok(Ended::Well)
    }
}
