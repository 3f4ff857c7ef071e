//! The server that stays: started and stopped by hand, one for each checkout.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::account::base_folder;
use super::cluster::{Cluster, Durability};
use crate::workspace;

/// The running server of this checkout.
pub(crate) struct ByHand {
    cluster: Cluster,
}

impl ByHand {
    /// Starts the server unless it runs.
    pub(crate) fn start() -> Result<Self> {
        let folder = folder()?;
        let cluster = match Cluster::running(&folder)? {
            Some(cluster) => cluster,
            None => Cluster::start(&folder, Durability::Fast)?,
        };
        Ok(Self { cluster })
    }

    /// The server, which must run.
    pub(crate) fn running() -> Result<Self> {
        let cluster = Cluster::running(&folder()?)?
            .context("the PostgreSQL test server does not run: start it with `cargo xtask postgres start`")?;
        Ok(Self { cluster })
    }

    pub(crate) fn stop() -> Result<()> {
        Cluster::stop_any(&folder()?)
    }

    /// Stops the server and deletes its data.
    pub(crate) fn remove() -> Result<()> {
        let folder = folder()?;
        Cluster::stop_any(&folder)?;
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot delete {}", folder.display()))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Becomes psql, which needs the terminal for itself.
    pub(crate) fn shell(&self, arguments: &[String]) -> Result<()> {
        let error = self.cluster.client("psql", "postgres").args(arguments).exec();
        Err(error).context("cannot start psql")
    }
}

/// A folder for this checkout: two checkouts of one user do not share a server.
fn folder() -> Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    workspace::root().hash(&mut hasher);
    Ok(base_folder()?.join(format!("by-hand-{:016x}", hasher.finish())))
}
