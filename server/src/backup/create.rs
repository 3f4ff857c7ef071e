//! Making a backup.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use banyan_kernel::{Clock as _, SystemClock, Timestamp};

use super::archive;
use super::manifest::{DUMP, EngineName, FORMAT, KEY, Manifest, ServicePart};
use super::{postgres, sqlite};
use crate::data::DataDirectory;
use crate::settings::{DatabaseChoice, Loaded, PostgresLogin};

/// Whether the master key goes into the backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WithKey {
    Included,
    /// Kept elsewhere by the operator.
    LeftOut,
}

/// A backup that was made and read again.
#[derive(Debug)]
pub(crate) struct Created {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) manifest: Manifest,
}

/// Makes a backup at `to`, by default in the data directory.
pub(crate) fn create(loaded: &Loaded, services: &[&'static str], to: Option<&Path>, with_key: WithKey) -> Result<Created> {
    let data = DataDirectory::open(&loaded.data)?;
    let now = SystemClock.now();
    let path = target(&data, to, now)?;
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let stage = tempfile::Builder::new().prefix(".backup-").tempdir_in(folder);
    let stage = stage.with_context(|| format!("cannot write into {}", folder.display()))?;
    let (engine, parts, mut names) = match &loaded.database {
        DatabaseChoice::Sqlite => copy_files(&data, services, stage.path())?,
        DatabaseChoice::Postgres(login) => dump(login, services, stage.path())?,
    };
    if with_key == WithKey::Included {
        add_key(loaded, &data, stage.path())?;
        names.push(KEY.to_owned());
    }
    let members = names.iter().map(|name| archive::measure(stage.path(), name)).collect::<Result<_>>()?;
    let version = crate::VERSION.to_owned();
    let manifest = Manifest { format: FORMAT, version, created_at: now, engine, services: parts, members };
    let unfinished = stage.path().join("archive");
    archive::write(&unfinished, &manifest, stage.path())?;
    let again = archive::read(&unfinished, |_| Ok(io::sink())).context("the backup cannot be read again")?;
    ensure!(again == manifest, "the backup is not what was written");
    let bytes = unfinished.metadata()?.len();
    std::fs::rename(&unfinished, &path).with_context(|| format!("cannot write {}", path.display()))?;
    std::fs::File::open(folder)?.sync_all()?;
    Ok(Created { path, bytes, manifest })
}

/// `--to` names a file or a directory.
fn target(data: &DataDirectory, to: Option<&Path>, now: Timestamp) -> Result<PathBuf> {
    let time = now.to_jiff().strftime("%Y%m%dT%H%M%SZ");
    let name = format!("banyan-{time}.backup");
    let path = match to {
        None => {
            crate::data::create_directory(&data.backups())?;
            data.backups().join(name)
        }
        Some(folder) if folder.is_dir() => folder.join(name),
        Some(file) => file.to_owned(),
    };
    if path.exists() {
        bail!("{} is there already: name another file", path.display());
    }
    Ok(path)
}

type Copied = (EngineName, Vec<ServicePart>, Vec<String>);

fn copy_files(data: &DataDirectory, services: &[&'static str], stage: &Path) -> Result<Copied> {
    let (mut parts, mut names) = (Vec::new(), Vec::new());
    for service in services {
        let source = data.database(service);
        if !source.exists() {
            bail!("{} is missing; is {} the right data directory?", source.display(), data.path().display());
        }
        let name = Manifest::database(service);
        sqlite::copy(&source, &stage.join(&name))?;
        let content = sqlite::inspect(&stage.join(&name))?;
        parts.push(ServicePart { service: (*service).to_owned(), schema_version: content.schema_version, rows: content.rows });
        names.push(name);
    }
    Ok((EngineName::Sqlite, parts, names))
}

fn dump(login: &PostgresLogin, services: &[&'static str], stage: &Path) -> Result<Copied> {
    let versions = postgres::dump(login, services, &stage.join(DUMP))?;
    let part = |(service, schema_version): (String, u32)| ServicePart { service, schema_version, rows: Default::default() };
    Ok((EngineName::Postgres, versions.into_iter().map(part).collect(), vec![DUMP.to_owned()]))
}

fn add_key(loaded: &Loaded, data: &DataDirectory, stage: &Path) -> Result<()> {
    if loaded.settings.general.master_key.is_some() {
        bail!(
            "the key comes from the settings, not from the data directory: keep it where it is, and back up with --without-key"
        );
    }
    let file = data.key_file();
    let key = std::fs::read(&file).with_context(|| format!("cannot read the key {}", file.display()))?;
    crate::data::write_private(&stage.join(KEY), &key)?;
    Ok(())
}
