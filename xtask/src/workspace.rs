//! The workspace as cargo sees it: where it is and which crates depend on which.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::process;

/// The workspaces: Banyan's, and the load tool's, which has many dependencies that nobody else needs.
pub(crate) const MANIFESTS: [&str; 2] = ["Cargo.toml", "bench/load/goose/Cargo.toml"];

/// The root folder of the repository.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// `cargo`, started in the root folder. Cargo tells its children which cargo they belong to.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// What `cargo metadata --no-deps` tells.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) target_directory: PathBuf,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) manifest_path: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

impl Package {
    pub(crate) fn has_library(&self) -> bool {
        self.targets.iter().any(|target| target.kind.iter().any(|kind| kind == "lib"))
    }
}

#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None` for a normal one, else `dev` or `build`.
    pub(crate) kind: Option<String>,
    /// Set when the dependency is a crate of this repository.
    pub(crate) path: Option<PathBuf>,
}

impl Metadata {
    pub(crate) fn read() -> Result<Self> {
        let mut command = cargo();
        command.args(["metadata", "--no-deps", "--format-version", "1"]);
        serde_json::from_str(&process::output(&mut command)?).context("cannot read cargo metadata")
    }

    /// The crates by their folder below the root, such as `platform/kernel`.
    pub(crate) fn rooms(&self) -> BTreeMap<String, &Package> {
        let root = root();
        let folder = |package: &Package| relative_folder(&root, package.manifest_path.parent()?);
        self.packages.iter().filter_map(|package| Some((folder(package)?, package))).collect()
    }
}

impl Dependency {
    /// The folder below the root, if the dependency is a crate of this repository.
    pub(crate) fn room(&self) -> Option<String> {
        relative_folder(&root(), self.path.as_deref()?)
    }
}

fn relative_folder(root: &Path, folder: &Path) -> Option<String> {
    Some(folder.strip_prefix(root).ok()?.to_string_lossy().into_owned())
}

/// Where cargo puts what it builds.
pub(crate) fn target_directory() -> Result<PathBuf> {
    Ok(Metadata::read()?.target_directory)
}
