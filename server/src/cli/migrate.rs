use anyhow::Result;

use super::installation::Installation;
use super::{Ended, block_on, terminal};
use crate::data::{DataDirectory, Lock};
use crate::house::House;

/// Make or upgrade the databases, without serving.
///
/// `banyan serve` does the same at its start. Use this in a deployment that migrates first, and looks at the outcome. On PostgreSQL it
/// works under `database.owner_url`.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  banyan migrate --data /var/lib/banyan\n  \
                        BANYAN_DATABASE_OWNER_URL=postgres://owner:secret@db/banyan DATABASE_URL=postgres://banyan:secret@db/banyan banyan migrate")]
pub(crate) struct Arguments {
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
            let house = House::open(&loaded, &data).await?;
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
