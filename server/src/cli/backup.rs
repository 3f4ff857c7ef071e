use std::path::PathBuf;

use anyhow::Result;

use super::installation::Installation;
use super::{Ended, terminal};
use crate::backup::{WithKey, create};
use crate::house;

/// Write everything into one verified file, beside a running server.
///
/// Databases and the master key are in it, so keep it as secret as the installation. Settings and written mails are not in it. On
/// PostgreSQL it needs `pg_dump`, and a role that may bypass row security (BANYAN_DATABASE_BACKUP_URL).
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  banyan backup --data /var/lib/banyan\n  banyan backup --to /mnt/backups\n  \
                        banyan backup --to monday.backup --without-key")]
pub(crate) struct Arguments {
    /// The file to write, or a directory for it (default: backups/ in the data directory).
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Leave the master key out. Without it the backup cannot be used: keep the key elsewhere.
    #[arg(long)]
    without_key: bool,
    #[command(flatten)]
    installation: Installation,
}

impl Arguments {
    pub(crate) fn run(&self) -> Result<Ended> {
        let loaded = self.installation.load()?;
        let given = loaded.settings.general.master_key.is_some();
        let with_key = if self.without_key || given { WithKey::LeftOut } else { WithKey::Included };
        let created = create(&loaded, &house::names(), self.to.as_deref(), with_key)?;
        let parts = created.manifest.services.iter().map(|part| match part.rows.values().sum::<u64>() {
            0 => part.service.clone(),
            rows => format!("{} ({rows} rows)", part.service),
        });
        let parts = parts.collect::<Vec<_>>().join(", ");
        terminal::say(&format!("{}\n{} bytes, verified: {parts}", created.path.display(), created.bytes))?;
        if !created.manifest.has_key() {
            terminal::complain("The master key is not in it; keep it elsewhere, for the backup cannot be used without it.");
        }
        Ok(Ended::Well)
    }
}
