//! The data directory: who may read it, who works on it, and the key in it.
//!
//! ```text
//! data/
//!   banyan.lock        held by the server that works here; says which one it is
//!   banyan.sock        the command line talks to that server here
//!   banyan.hand-over   another server process takes this one's place here
//!   banyan.addr        where that server listens, once it is ready
//!   keys/master.key    encrypts what is secret in the databases
//!   keys/cluster.secret  shared by all nodes of a cluster, where no setting has it
//!   audit-heads.jsonl  signed ends of the audit chains
//!   certs/             certificates of an authority of one's own
//!   acme/              the account at a public authority, and what was obtained there
//!   identity.db …      a file for each service (embedded engine)
//!   mail/              mails, where no mail server is set
//!   restore.unfinished only while a restore puts things in place, or was killed at it
//!   backups/           what `banyan backup` writes where nothing else is said
//! ```

pub(crate) mod key;
pub(crate) mod lock;
mod private;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

pub(crate) use lock::{Holder, Lock};
pub(crate) use private::{create_directory, is_private, write_private};

/// An existing data directory.
#[derive(Clone, Debug)]
pub(crate) struct DataDirectory {
    path: PathBuf,
}

impl DataDirectory {
    /// Opens the directory, which must be there, and whole.
    ///
    /// # Errors
    /// Also where a restore was broken off: part of the data is of one day then, and part of another.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let data = Self::open_in_any_state(path)?;
        if data.restore_mark().exists() {
            bail!(
                "a restore into {} was broken off before everything was in place: run the same `banyan restore` again \
                 (what was there before it is in the folders before-restore-…)",
                data.path.display()
            );
        }
        Ok(data)
    }

    /// Opens the directory for a restore, which may find what another one left unfinished. It is made if it is not there.
    pub(crate) fn open_for_restore(path: &Path) -> Result<Self> {
        create_if_missing(path)?;
        Self::open_in_any_state(path)
    }

    fn open_in_any_state(path: &Path) -> Result<Self> {
        if !path.exists() {
            bail!(
                "there is no data directory {}: name the right one with --data, or make one by `banyan serve` or `banyan migrate`",
                path.display()
            );
        }
        if !path.is_dir() {
            bail!("{} is not a directory: name another one with --data", path.display());
        }
        // Sockets and messages need it wherever the process stands later.
        let path = path.canonicalize().with_context(|| format!("cannot open {}", path.display()))?;
        Ok(Self { path })
    }

    /// Opens the directory, and makes it if it is not there, for its owner alone.
    pub(crate) fn open_or_create(path: &Path) -> Result<Self> {
        create_if_missing(path)?;
        Self::open(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn lock_file(&self) -> PathBuf {
        self.path.join("banyan.lock")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.path.join("banyan.sock")
    }

    pub(crate) fn hand_over_socket(&self) -> PathBuf {
        self.path.join("banyan.hand-over")
    }

    /// Certificates of `banyan certs`.
    pub(crate) fn certs(&self) -> PathBuf {
        self.path.join("certs")
    }

    /// Account and certificate of a public authority.
    pub(crate) fn acme(&self) -> PathBuf {
        self.path.join("acme")
    }

    pub(crate) fn address_file(&self) -> PathBuf {
        self.path.join("banyan.addr")
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.path.join("keys").join("master.key")
    }

    /// The secret that all nodes share, where no setting has it.
    pub(crate) fn cluster_secret_file(&self) -> PathBuf {
        self.path.join("keys").join("cluster.secret")
    }

    /// The signed heads of the audit chains.
    pub(crate) fn audit_heads(&self) -> PathBuf {
        self.path.join("audit-heads.jsonl")
    }

    /// There as long as a restore has not put everything in place.
    pub(crate) fn restore_mark(&self) -> PathBuf {
        self.path.join("restore.unfinished")
    }

    pub(crate) fn mail(&self) -> PathBuf {
        self.path.join("mail")
    }

    pub(crate) fn backups(&self) -> PathBuf {
        self.path.join("backups")
    }

    /// The file of a service's database on the embedded engine.
    pub(crate) fn database(&self, service: &str) -> PathBuf {
        self.path.join(format!("{service}.db"))
    }
}

fn create_if_missing(path: &Path) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    private::create_directory(path).with_context(|| {
        format!("cannot make the data directory {}: make it yourself, or name another one with --data", path.display())
    })
}
