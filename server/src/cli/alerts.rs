use std::sync::Arc;

use anyhow::Result;
use banyan_kernel::{Clock, Ids, OsRandom, Random, SystemClock};
use clap::Subcommand;

use super::installation::Installation;
use super::{Ended, block_on, terminal};
use crate::alerts::{Receivers, Trouble, names_of, sample};
use crate::house;

/// What calls those who run the installation: who is told, of what, and whether it arrives.
#[derive(Subcommand)]
#[command(after_help = "Examples:\n  banyan alerts list\n  banyan alerts test")]
pub(crate) enum Command {
    /// List who is told, and of what.
    List {
        #[command(flatten)]
        installation: Installation,
    },
    /// Tell everybody of a trouble that is none. Exit code 1 if somebody was not reached.
    Test {
        #[command(flatten)]
        installation: Installation,
    },
}

impl Command {
    pub(crate) fn run(self) -> Result<Ended> {
        match self {
            Self::List { installation } => list(&installation),
            Self::Test { installation } => test(&installation),
        }
    }
}

fn list(installation: &Installation) -> Result<Ended> {
    let settings = installation.load()?.settings;
    let on = settings.alerts.enabled;
    let receivers = names_of(&settings).into_iter().filter(|_| on).map(|one| ["told".to_owned(), one.word().to_owned()]);
    let troubles = Trouble::ALL.iter().map(|one| ["of".to_owned(), format!("{} ({})", one.word(), one.severity().word())]);
    terminal::say(&terminal::table(["", "alert"], &receivers.chain(troubles).collect::<Vec<_>>()))?;
    Ok(Ended::Well)
}

fn test(installation: &Installation) -> Result<Ended> {
    let loaded = installation.load()?;
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(OsRandom));
    let catalogues =
        Arc::new(house::catalogues(&house::services(), &house::applications()?, &house::Additions::of(&loaded.settings))?);
    let mail = house::mail_settings(&loaded.settings, &loaded.data.join("mail"));
    let receivers = Receivers::new(&loaded.settings, &mail, &catalogues, &clock, &random)?;
    if receivers.all().is_empty() {
        terminal::complain("nobody is told: docs/alerts.md says what to set");
        return Ok(Ended::Wrong);
    }
    let (news, ids) = (sample(clock.now()), Ids::new(clock, random));
    let mut ended = Ended::Well;
    for receiver in receivers.all() {
        match block_on(async { Ok(receivers.tell(*receiver, &news, ids.next()).await) })? {
            Ok(_) => terminal::say(&format!("{}: taken", receiver.word()))?,
            Err(refused) => {
                terminal::complain(&format!("{}: refused ({}): {refused}", receiver.word(), refused.hope.word()));
                ended = Ended::Wrong;
            }
        }
    }
    Ok(ended)
}
