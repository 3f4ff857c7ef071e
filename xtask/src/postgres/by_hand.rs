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

/// A primary and its replica.
pub(crate) struct Pair {
    pub(crate) primary: Cluster,
    pub(crate) replica: Cluster,
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

    /// Starts a primary as in production and a replica that follows it, unless they run.
    pub(crate) fn pair() -> Result<Pair> {
        let (primary, replica) = (sibling("primary")?, sibling("replica")?);
        let primary = match Cluster::running(&primary)? {
            Some(cluster) => cluster,
            None => {
                // It would look for the primary where that was before.
                Cluster::stop_any(&replica)?;
                Cluster::start(&primary, Durability::Durable)?
            }
        };
        let replica = match Cluster::running(&replica)? {
            Some(cluster) => cluster,
            None => primary.start_replica(&replica)?,
        };
        Ok(Pair { primary, replica })
    }

    pub(crate) fn stop() -> Result<()> {
        // Who follows goes first.
        for folder in [sibling("replica")?, sibling("primary")?, folder()?] {
            Cluster::stop_any(&folder)?;
        }
        Ok(())
    }

    /// Stops the servers and deletes their data.
    pub(crate) fn remove() -> Result<()> {
        Self::stop()?;
        for folder in [sibling("replica")?, sibling("primary")?, folder()?] {
            match fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot delete {}", folder.display()));
                }
                _ => {}
            }
        }
        Ok(())
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

/// The folder of another server of this checkout.
fn sibling(name: &str) -> Result<PathBuf> {
    let mut path = folder()?.into_os_string();
    path.push(format!("-{name}"));
    Ok(path.into())
}
