//! The ordinary user that PostgreSQL runs as, and the folders that this user may use.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use rustix::process::getuid;

/// Users to run as when we are root, best first.
const SYSTEM_USERS: [&str; 2] = ["postgres", "nobody"];

/// Who runs the server. Root may not, so root steps down to a system user.
#[derive(Clone, Copy)]
pub(crate) struct Account {
    step_down_to: Option<(u32, u32)>,
}

impl Account {
    pub(crate) fn choose() -> Result<Self> {
        if !getuid().is_root() {
            return Ok(Self { step_down_to: None });
        }
        let users = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let ids = SYSTEM_USERS.iter().find_map(|name| user_ids(&users, name));
        match ids {
            Some(ids) => Ok(Self { step_down_to: Some(ids) }),
            None => bail!("PostgreSQL refuses to run as root and there is no user `postgres` to run it as"),
        }
    }

    /// Makes `command` run as this user, in a folder that the user may enter.
    pub(crate) fn apply<'a>(&self, command: &'a mut Command, folder: &Path) -> &'a mut Command {
        if let Some((user, group)) = self.step_down_to {
            command.gid(group).uid(user);
        }
        command.current_dir(folder).env("HOME", folder)
    }

    /// Writes a file that only this user can read.
    pub(super) fn write_file(&self, file: &Path, text: &str) -> Result<()> {
        let mut options = OpenOptions::new();
        let mut open = options.write(true).create(true).truncate(true).mode(0o600).open(file)?;
        open.write_all(text.as_bytes())?;
        if let Some((user, group)) = self.step_down_to {
            chown(file, Some(user), Some(group))?;
        }
        Ok(())
    }

    /// Makes a folder that only this user can look into.
    pub(crate) fn create_folder(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        if let Some((user, group)) = self.step_down_to {
            chown(folder, Some(user), Some(group))?;
        }
        Ok(())
    }
}

/// The folder below which all our servers live. It is on disk (not in `target`, which may lie
/// below a home directory that the `postgres` user may not enter), one for each user.
pub(crate) fn base_folder() -> Result<PathBuf> {
    let disk = PathBuf::from("/var/tmp");
    let parent = if disk.is_dir() { disk } else { env::temp_dir() };
    let user = getuid().as_raw();
    let folder = parent.join(format!("banyan-postgres-{user}"));
    match fs::create_dir(&folder) {
        Ok(()) => fs::set_permissions(&folder, fs::Permissions::from_mode(0o711))?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => {
            return Err(error).with_context(|| format!("cannot make {}", folder.display()));
        }
    }
    // Others may write to the parent: a folder that somebody else put there is not to be trusted.
    let found = fs::symlink_metadata(&folder)?;
    if !found.is_dir() || found.uid() != user {
        bail!("{} belongs to somebody else: remove it and try again", folder.display());
    }
    Ok(folder)
}

/// User and group number of `name` in the text of `/etc/passwd`.
fn user_ids(users: &str, name: &str) -> Option<(u32, u32)> {
    let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_numbers_are_read_from_the_passwd_file() {
        let users = "root:x:0:0:root:/root:/bin/sh\npostgres:x:101:104:,,,:/var/lib/postgresql:/bin/sh\n";
        assert_eq!(user_ids(users, "postgres"), Some((101, 104)));
        assert_eq!(user_ids(users, "post"), None);
    }
}
