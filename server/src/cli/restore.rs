use std::path::PathBuf;

use anyhow::Result;

use super::installation::Installation;
use super::{Ended, terminal};
use crate::backup::prepare;
use crate::house;
use crate::settings::Loaded;

/// Bring back what `banyan backup` wrote. The server must be stopped.
///
/// Everything in the file is checked before anything is changed. What is there already is replaced only after a question, or with
/// --yes, and kept in a folder of the data directory (on PostgreSQL: make a backup of it first).
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  banyan restore data/backups/banyan-20240115T103000Z.backup\n  \
                        banyan restore monday.backup --to /var/lib/banyan --yes")]
pub(crate) struct Arguments {
    /// The backup.
    file: PathBuf,
    /// The data directory to restore into (default: the installation's own).
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Replace what is there without asking.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    installation: Installation,
}

impl Arguments {
    pub(crate) fn run(&self) -> Result<Ended> {
        let mut loaded = self.installation.load()?;
        if let Some(to) = &self.to {
            let data = std::env::current_dir()?.join(to);
            loaded = Loaded { data, ..loaded };
        }
        let prepared = prepare(&loaded, &house::versions(), &self.file)?;
        if !prepared.replaces.is_empty() && !self.yes {
            let question = format!("This replaces {}. Go on?", prepared.replaces.join(", "));
            if !terminal::confirm(&question, "--yes")? {
                terminal::complain("Nothing was changed.");
                return Ok(Ended::Wrong);
            }
        }
        let services = prepared.manifest.services.iter().map(|part| part.service.clone()).collect::<Vec<_>>().join(", ");
        let (made, has_key) = (prepared.manifest.created_at, prepared.manifest.has_key());
        let aside = prepared.finish(&loaded)?;
        terminal::say(&format!("Restored {services} as of {made} into {}.", loaded.data.display()))?;
        if let Some(aside) = aside {
            terminal::say(&format!("What was there is in {}.", aside.display()))?;
        }
        if !has_key {
            terminal::complain(
                "The backup holds no key: put keys/master.key in place, or set BANYAN_MASTER_KEY, before you start.",
            );
        }
        Ok(Ended::Well)
    }
}
