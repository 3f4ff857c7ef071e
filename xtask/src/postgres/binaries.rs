//! Where PostgreSQL's programs are.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::{process, tools};

/// The oldest version that Banyan supports: policies with `security_invoker` views need 15.
const OLDEST_MAJOR: u32 = 15;

/// Environment variable that names a folder with PostgreSQL's programs.
const FOLDER_VARIABLE: &str = "BANYAN_POSTGRES_BIN";

const REMEDY: &str = "install PostgreSQL 15 or newer with its server programs (Debian: apt-get install postgresql, \
     Fedora: dnf install postgresql-server, macOS: brew install postgresql), or name the folder of \
     `initdb` and `postgres` in BANYAN_POSTGRES_BIN";

/// PostgreSQL's programs of one version.
#[derive(Clone)]
pub(crate) struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// Finds the newest version on this machine; installs it where that is allowed.
    pub(crate) fn require() -> Result<Self> {
        if let Some(found) = Self::find()? {
            return Ok(found);
        }
        tools::install_packages("PostgreSQL", &["postgresql", "postgresql-client"], REMEDY)?;
        match Self::find()? {
            Some(found) => Ok(found),
            None => bail!("PostgreSQL is still missing after installing it: {REMEDY}"),
        }
    }

    /// The folder of the programs.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A program of this version, such as `initdb`.
    pub(crate) fn command(&self, program: &str) -> Command {
        Command::new(self.folder.join(program))
    }

    fn find() -> Result<Option<Self>> {
        if let Some(named) = env::var_os(FOLDER_VARIABLE) {
            return Self::named(&named).map(Some);
        }
        let newest = candidate_folders()
            .into_iter()
            .filter_map(|folder| Some((major_version(&folder)?, folder)))
            .filter(|(version, _)| *version >= OLDEST_MAJOR)
            .max();
        Ok(newest.map(|(_, folder)| Self { folder }))
    }

    fn named(folder: &OsStr) -> Result<Self> {
        let folder = PathBuf::from(folder);
        let version = major_version(&folder)
            .with_context(|| format!("{FOLDER_VARIABLE} names {}, which has no `postgres` and `initdb`", folder.display()))?;
        if version < OLDEST_MAJOR {
            bail!("{FOLDER_VARIABLE} names PostgreSQL {version}; Banyan needs {OLDEST_MAJOR} or newer");
        }
        Ok(Self { folder })
    }
}

/// Folders that may hold the programs: the `PATH`, then the layouts of Debian, Fedora and Homebrew.
fn candidate_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        env::var_os("PATH").iter().flat_map(|path| env::split_paths(path).collect::<Vec<_>>()).collect();
    for base in ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"] {
        let entries = fs::read_dir(base).into_iter().flatten().flatten();
        folders.extend(entries.map(|entry| entry.path().join("bin")));
    }
    folders.push("/usr/pgsql/bin".into());
    folders
}

/// The major version of the programs in `folder`; `None` if it does not hold a server.
fn major_version(folder: &Path) -> Option<u32> {
    if !["initdb", "pg_ctl", "psql"].iter().all(|name| tools::is_executable(&folder.join(name))) {
        return None;
    }
    // Also needed to stop a server after Ctrl-C.
    let mut ask = Command::new(folder.join("postgres"));
    let text = process::output_while_cleaning_up(ask.arg("--version")).ok()?;
    parse_major_version(&text)
}

/// Reads `postgres (PostgreSQL) 15.18 (Debian …)`.
fn parse_major_version(text: &str) -> Option<u32> {
    let version = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_postgres_prints_them() {
        assert_eq!(parse_major_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(parse_major_version("postgres (PostgreSQL) 18beta2"), Some(18));
        assert_eq!(parse_major_version("something else"), None);
    }
}
