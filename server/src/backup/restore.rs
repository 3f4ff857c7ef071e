//! The way back: everything is unpacked and checked first, then put in place at once.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use banyan_kernel::{Clock as _, SystemClock};
use tempfile::TempDir;

use super::archive;
use super::manifest::{DUMP, EngineName, KEY, Manifest};
use super::{postgres, sqlite};
use crate::data::{DataDirectory, Lock};
use crate::settings::{DatabaseChoice, Loaded};

/// A backup that was unpacked beside its target and found whole.
pub(crate) struct Prepared {
    stage: TempDir,
    data: DataDirectory,
    pub(crate) manifest: Manifest,
    /// What is there already and would be replaced.
    pub(crate) replaces: Vec<String>,
    _lock: Lock,
}

/// With which the names of folders begin into which backups are unpacked.
const STAGE: &str = ".restore-";

/// Unpacks and checks a backup for the data directory and database of `loaded`. Nothing is changed yet.
///
/// # Errors
/// When the backup is damaged, of a newer Banyan or of the other engine, or a server runs on the directory.
pub(crate) fn prepare(loaded: &Loaded, known: &BTreeMap<&str, u32>, from: &Path) -> Result<Prepared> {
    let data = DataDirectory::open_for_restore(&loaded.data)?;
    let lock = Lock::take(&data, "banyan restore").context("stop the server first")?;
    remove_leftovers(&data)?;
    let stage = tempfile::Builder::new().prefix(STAGE).tempdir_in(data.path())?;
    let manifest = archive::read(from, |member| {
        let path = stage.path().join(&member.name);
        File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))
    })?;
    manifest.check_versions(known)?;
    let mut replaces = match (&loaded.database, manifest.engine) {
        (DatabaseChoice::Sqlite, EngineName::Sqlite) => check_files(&data, &manifest, stage.path())?,
        (DatabaseChoice::Postgres(login), EngineName::Postgres) => {
            let schemas = postgres::present(login, &services(&manifest))?;
            schemas.into_iter().map(|schema| format!("the schema `{schema}` in PostgreSQL")).collect()
        }
        (DatabaseChoice::Sqlite, EngineName::Postgres) => {
            bail!("the backup was made from PostgreSQL: set the database to restore to, by DATABASE_URL or --database-url")
        }
        (DatabaseChoice::Postgres(_), EngineName::Sqlite) => {
            bail!(
                "the backup was made from the embedded engine, and the settings choose PostgreSQL: restore it without a database URL"
            )
        }
    };
    if manifest.has_key() && differs(&data.key_file(), &stage.path().join(KEY))? {
        replaces.push(data.key_file().display().to_string());
    }
    Ok(Prepared { stage, data, manifest, replaces, _lock: lock })
}

/// Removes what restores that were killed had unpacked. The lock is held, so none runs.
fn remove_leftovers(data: &DataDirectory) -> Result<()> {
    for entry in std::fs::read_dir(data.path())? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(STAGE) {
            std::fs::remove_dir_all(entry.path()).with_context(|| format!("cannot remove {}", entry.path().display()))?;
        }
    }
    Ok(())
}

fn services(manifest: &Manifest) -> Vec<String> {
    manifest.services.iter().map(|part| part.service.clone()).collect()
}

/// Opens every copy; gives the files that are there already.
fn check_files(data: &DataDirectory, manifest: &Manifest, stage: &Path) -> Result<Vec<String>> {
    let mut present = Vec::new();
    for part in &manifest.services {
        let name = Manifest::database(&part.service);
        let content = sqlite::inspect(&stage.join(&name))?;
        ensure!(content.rows == part.rows, "the backup is damaged: {name} does not hold the rows that its manifest counts");
        let file = data.database(&part.service);
        if file.exists() {
            present.push(file.display().to_string());
        }
    }
    Ok(present)
}

fn differs(present: &Path, new: &Path) -> Result<bool> {
    Ok(present.exists() && std::fs::read(present)? != std::fs::read(new)?)
}

impl Prepared {
    /// Puts everything in place. What was there is kept in a folder, which is given back.
    pub(crate) fn finish(self, loaded: &Loaded) -> Result<Option<PathBuf>> {
        let aside = place_aside(&self.data);
        // Several files and a key belong together: until all are in place, nobody works with some of them.
        let mark = self.data.restore_mark();
        crate::data::write_private(&mark, b"a restore that was begun and has not ended\n")?;
        match &loaded.database {
            DatabaseChoice::Postgres(login) => {
                // In one transaction: where it fails, everything is as it was.
                let restored = postgres::restore(login, &services(&self.manifest), &self.stage.path().join(DUMP));
                restored.inspect_err(|_| drop(std::fs::remove_file(&mark)))?;
            }
            DatabaseChoice::Sqlite => {
                for part in &self.manifest.services {
                    let file = self.data.database(&part.service);
                    // The log and its index belong to the old file, and would be applied to the new one.
                    for end in ["", "-wal", "-shm"] {
                        let old = with_suffix(&file, end);
                        move_aside(&old, &aside)?;
                    }
                    place(&self.stage.path().join(Manifest::database(&part.service)), &file)?;
                }
            }
        }
        if self.manifest.has_key() {
            let file = self.data.key_file();
            if differs(&file, &self.stage.path().join(KEY))? {
                move_aside(&file, &aside)?;
            }
            let key = std::fs::read(self.stage.path().join(KEY))?;
            crate::data::write_private(&file, &key)?;
        }
        // The heads were signed for the chains that were here.
        move_aside(&self.data.audit_heads(), &aside)?;
        File::open(self.data.path())?.sync_all()?;
        std::fs::remove_file(&mark).with_context(|| format!("cannot remove {}", mark.display()))?;
        File::open(self.data.path())?.sync_all()?;
        Ok(aside.exists().then_some(aside))
    }
}

/// A folder that is not there yet: what an earlier restore put aside stays.
fn place_aside(data: &DataDirectory) -> PathBuf {
    let time = SystemClock.now().to_jiff().strftime("%Y%m%dT%H%M%SZ").to_string();
    let numbered = |number: u32| match number {
        1 => format!("before-restore-{time}"),
        _ => format!("before-restore-{time}-{number}"),
    };
    let mut number = 1;
    while data.path().join(numbered(number)).exists() {
        number += 1;
    }
    data.path().join(numbered(number))
}

fn with_suffix(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn move_aside(file: &Path, aside: &Path) -> Result<()> {
    if !file.exists() {
        return Ok(());
    }
    crate::data::create_directory(aside)?;
    let name = file.file_name().ok_or_else(|| anyhow!("{} has no name", file.display()))?;
    std::fs::rename(file, aside.join(name)).with_context(|| format!("cannot move {} aside", file.display()))
}

fn place(from: &Path, to: &Path) -> Result<()> {
    File::open(from)?.sync_all()?;
    std::fs::rename(from, to).with_context(|| format!("cannot put {} in place", to.display()))
}
