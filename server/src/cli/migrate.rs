use anyhow::{Context as _, Result};
use banyan_store::migrate::Upkeep;

use super::installation::Installation;
use super::{Ended, block_on, terminal};
use crate::data::{DataDirectory, Lock};
use crate::house::House;

/// Make or upgrade the databases, without serving.
///
/// `banyan serve` does the same at its start, if it may. On PostgreSQL that needs the role that owns the tables: give its URL here, in
/// --database-url or in BANYAN_DATABASE_OWNER_URL, and servers do without it. All other commands refuse tables of another version.
/// Several migrations at once wait for one another.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  banyan migrate --data /var/lib/banyan\n  \
                        banyan migrate --database-url postgres://owner:secret@db/banyan --log-in-role banyan\n  \
                        BANYAN_DATABASE_OWNER_URL=postgres://owner:secret@db/banyan DATABASE_URL=postgres://banyan:secret@db/banyan banyan migrate")]
pub(crate) struct Arguments {
    /// On PostgreSQL: the role that servers log in as, which is let in (default: the role of the URL).
    #[arg(long, value_name = "ROLE")]
    log_in_role: Option<String>,
    #[command(flatten)]
    installation: Installation,
}

impl Arguments {
    pub(crate) fn run(&self) -> Result<Ended> {
        let loaded = self.installation.load()?;
        let data = DataDirectory::open_or_create(&loaded.data)?;
        // On PostgreSQL the database itself keeps two migrations apart.
        let _lock = if loaded.database.is_sqlite() { Some(Lock::take(&data, "banyan migrate")?) } else { None };
        let lines = block_on(async {
            let house = House::open(&loaded, &data, Upkeep::Migrate).await?;
            if let Some(role) = &self.log_in_role {
                for store in house.stores() {
                    let admitted = store.admit_log_in_role(role).await;
                    admitted.with_context(|| format!("cannot let the role `{role}` act as service `{}`", store.service()))?;
                }
            }
            if let Some(login) = loaded.database.postgres() {
                crate::cluster::prepare(login, self.log_in_role.as_deref()).await?;
            }
            let stores = house.stores().map(|store| {
                let version = store.schema().version();
                format!("{}: version {version}", store.service())
            });
            Ok(stores.collect::<Vec<_>>())
        })?;
        terminal::say(&lines.join("\n"))?;
        Ok(Ended::Well)
    }
}
