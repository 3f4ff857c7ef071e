//! A server for one run. It is removed with its data at the end, and one that a killed run left
//! behind is found and removed at the next start.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::account::base_folder;
use super::cluster::{Cluster, Durability};

/// A running server that ends with this value.
pub(crate) struct Throwaway {
    cluster: Cluster,
    folder: PathBuf,
    lock_file: PathBuf,
    /// Held as long as the run lives; the system lets go of it however the run ends.
    _lock: File,
}

impl Throwaway {
    pub(crate) fn start(durability: Durability) -> Result<Self> {
        let base = base_folder()?;
        // One at a time: a lock file that was just made and is not locked yet looks like a leftover.
        let turn = File::create(base.join("turn"))?;
        turn.lock()?;
        remove_leftovers(&base);
        let purpose = match durability {
            Durability::Fast => "fast",
            Durability::Durable => "durable",
        };
        let folder = base.join(format!("run-{}-{purpose}", std::process::id()));
        let lock_file = folder.with_extension("lock");
        let lock = File::create(&lock_file).with_context(|| format!("cannot make {}", lock_file.display()))?;
        lock.lock()?;
        drop(turn);
        let cluster = Cluster::start(&folder, durability).inspect_err(|_| remove(&folder, &lock_file))?;
        Ok(Self { cluster, folder, lock_file, _lock: lock })
    }

    pub(crate) fn cluster(&self) -> &Cluster {
        &self.cluster
    }
}

impl Drop for Throwaway {
    fn drop(&mut self) {
        remove(&self.folder, &self.lock_file);
    }
}

/// Removes what runs that were killed have left: their lock files are free.
fn remove_leftovers(base: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let lock_file = entry.path();
        if lock_file.extension().is_none_or(|extension| extension != "lock") {
            continue;
        }
        let Ok(lock) = OpenOptions::new().write(true).open(&lock_file) else {
            continue;
        };
        if lock.try_lock().is_ok() {
            eprintln!("removing a PostgreSQL server that an earlier run left behind");
            remove(&lock_file.with_extension(""), &lock_file);
        }
    }
}

/// Stops the server and deletes its folder. What fails here is told, and tried again next time.
fn remove(folder: &Path, lock_file: &Path) {
    if let Err(error) = Cluster::stop_any(folder) {
        eprintln!("warning: cannot stop PostgreSQL in {}: {error:#}", folder.display());
        return;
    }
    if folder.exists() && fs::remove_dir_all(folder).is_err() {
        eprintln!("warning: cannot delete {}", folder.display());
        return;
    }
    let _ = fs::remove_file(lock_file);
}
