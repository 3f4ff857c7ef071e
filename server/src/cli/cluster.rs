use anyhow::Result;
use banyan_kernel::OsRandom;
use clap::Subcommand;

use super::{Ended, terminal};

/// Several processes as one installation.
#[derive(Subcommand)]
#[command(
    after_help = "Example:\n  banyan cluster secret > cluster.secret\n  BANYAN_CLUSTER_SECRET_FILE=cluster.secret banyan serve --roles \
                        edge,identity --mesh-listen 127.0.0.1:7070"
)]
pub(crate) enum Command {
    /// Print a new secret by which nodes know one another. Nothing is changed.
    Secret,
}

impl Command {
    pub(crate) fn run(self) -> Result<Ended> {
        match self {
            Self::Secret => terminal::say(&crate::cluster::new_secret(&OsRandom))?,
        }
        Ok(Ended::Well)
    }
}
