//! Finding the programs that the commands need, and installing them where that is allowed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use rustix::process::getuid;

use crate::{process, workspace};

/// A program from elsewhere: how it is called and where it comes from.
pub(crate) struct Tool {
    pub(crate) program: &'static str,
    /// Debian packages that bring it.
    pub(crate) packages: &'static [&'static str],
    /// What to do by hand where `apt-get` may not be used.
    pub(crate) remedy: &'static str,
}

pub(crate) const WRK: Tool =
    Tool { program: "wrk", packages: &["wrk"], remedy: "install wrk (Debian: apt-get install wrk, macOS: brew install wrk)" };

pub(crate) const NGINX: Tool = Tool {
    program: "nginx",
    packages: &["nginx-light"],
    remedy: "install nginx (Debian: apt-get install nginx-light, macOS: brew install nginx)",
};

pub(crate) const HAPROXY: Tool = Tool {
    program: "haproxy",
    packages: &["haproxy"],
    remedy: "install HAProxy (Debian: apt-get install haproxy, macOS: brew install haproxy)",
};

pub(crate) const REDIS: Tool = Tool {
    program: "redis-server",
    packages: &["redis-server"],
    remedy: "install Redis 7 or newer (Debian: apt-get install redis-server, Fedora: dnf install redis, macOS: brew install redis)",
};

pub(crate) const NATS: Tool = Tool {
    program: "nats-server",
    packages: &["nats-server"],
    remedy: "install NATS 2.9 or newer (Debian: apt-get install nats-server, macOS: brew install nats-server)",
};

/// The script that starts it as whoever calls it; Debian's on the `PATH` wants to be another account.
pub(crate) const RABBITMQ: Tool = Tool {
    program: "/usr/lib/rabbitmq/bin/rabbitmq-server",
    packages: &["rabbitmq-server"],
    remedy: "install RabbitMQ 3.10 or newer so that /usr/lib/rabbitmq/bin/rabbitmq-server is there (Debian: apt-get install rabbitmq-server)",
};

pub(crate) const PEBBLE: Tool = Tool {
    program: "pebble",
    packages: &["pebble"],
    remedy: "install pebble (Debian: apt-get install pebble, others: github.com/letsencrypt/pebble)",
};

pub(crate) const NPM: Tool =
    Tool { program: "npm", packages: &["nodejs", "npm"], remedy: "install Node.js 20 or newer with npm (https://nodejs.org)" };

pub(crate) const PYTHON: Tool = Tool {
    program: "python3",
    packages: &["python3", "python3-venv"],
    remedy: "install Python 3.10 or newer with its venv module",
};

impl Tool {
    /// Makes sure that the program is there: finds it, or installs it, or says how to get it.
    pub(crate) fn require(&self) -> Result<PathBuf> {
        if let Some(found) = find(self.program) {
            return Ok(found);
        }
        install_packages(self.program, self.packages, self.remedy)?;
        match find(self.program) {
            Some(found) => Ok(found),
            None => bail!("{} is still missing after installing it: {}", self.program, self.remedy),
        }
    }
}

/// The first executable of that name on the `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| is_executable(file))
}

pub(crate) fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// Whether we may install Debian packages: as root, where there is `apt-get`.
pub(crate) fn may_install() -> bool {
    getuid().is_root() && find("apt-get").is_some()
}

/// Installs Debian packages, or fails with one line that says what is missing and how to get it.
pub(crate) fn install_packages(what: &str, packages: &[&str], remedy: &str) -> Result<()> {
    if !may_install() {
        bail!("{what} is missing: {remedy}");
    }
    println!("{what} is missing: installing {}", packages.join(" "));
    process::run(apt_get().args(["update", "-qq"]))?;
    process::run(apt_get().args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages))
}

/// Installs what `package-lock.json` in the folder names, unless that was done since it changed. No library's scripts run.
pub(crate) fn install_node_libraries(folder: &Path) -> Result<()> {
    let changed = |file: &str| folder.join(file).metadata().and_then(|data| data.modified()).ok();
    let installed = changed("node_modules/.package-lock.json");
    if installed.is_some() && installed >= changed("package-lock.json") {
        return Ok(());
    }
    let npm = NPM.require()?;
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    process::run(Command::new(npm).args(arguments).current_dir(folder))
}

/// A Python environment of its own below the target folder, with one package from PyPI in it. Gives its folder of programs.
///
/// The requirement has a fixed version (`name==1.2.3`), so that a new release does not change what passes.
pub(crate) fn python_environment(name: &str, requirement: &str) -> Result<PathBuf> {
    let folder = workspace::target_directory()?.join(format!("{name}-venv"));
    let programs = folder.join("bin");
    let marker = folder.join("installed");
    if fs::read_to_string(&marker).is_ok_and(|installed| installed == requirement) {
        return Ok(programs);
    }
    let _ = fs::remove_dir_all(&folder);
    println!("installing {requirement}");
    let python = PYTHON.require()?;
    process::run(Command::new(python).args(["-m", "venv"]).arg(&folder))
        .with_context(|| format!("Python cannot make an environment: {}", PYTHON.remedy))?;
    process::run(Command::new(programs.join("pip")).args(["install", "--quiet", requirement]))?;
    fs::write(marker, requirement)?;
    Ok(programs)
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(["-o", "Dpkg::Use-Pty=0"]);
    command
}

/// Whether `cargo <name>` is installed.
pub(crate) fn has_cargo_command(name: &str) -> bool {
    process::succeeds(workspace::cargo().args([name, "--version"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_on_the_path_and_an_unknown_one_is_not() {
        assert!(find("sh").is_some());
        assert!(find("no-such-program-anywhere").is_none());
    }
}
