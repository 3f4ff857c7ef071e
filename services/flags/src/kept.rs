//! Snapshots on disk: for a start without a store, and from a file that somebody wrote for one.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use banyan_features::{ClientFeatures, Features, Scope, Snapshot};
use banyan_kernel::Uuid;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::follow::FlagsTenant;
use crate::store::revisions::Place;
use crate::tokens::{KeptToken, Tokens};

/// Who asks: beside the snapshots, with another ending than theirs.
const CLIENTS: &str = "clients.kept";

/// The largest file that is read, in bytes.
const LARGEST: u64 = 256 * 1024 * 1024;

/// A folder of snapshots.
#[derive(Debug)]
pub(crate) struct Kept {
    folder: PathBuf,
    /// The fingerprints of what is written.
    written: HashMap<Place, String>,
    clients: Clients,
}

/// A tenant as it was when it was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptTenant {
    pub id: Uuid,
    pub name: String,
    pub application: String,
}

/// Whose flags there are, and by which tokens they may be asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Clients {
    pub(crate) tenants: Vec<KeptTenant>,
    pub(crate) tokens: Vec<KeptToken>,
}

impl Clients {
    fn of(tenants: &[FlagsTenant], tokens: &Tokens) -> Self {
        let kept = |tenant: &FlagsTenant| KeptTenant {
            id: tenant.id,
            name: tenant.name.clone(),
            application: tenant.application.name().to_owned(),
        };
        Self { tenants: tenants.iter().map(kept).collect(), tokens: tokens.kept() }
    }
}

#[derive(Serialize, Deserialize)]
struct File {
    tenant: Uuid,
    environment: String,
    revision: i64,
    document: Value,
}

impl Kept {
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder, written: HashMap::new(), clients: Clients::default() }
    }

    /// Writes what is new. A file is whole or as it was before.
    pub(crate) fn write(&mut self, features: &Features) {
        let known = features.known();
        for snapshot in known.iter().filter_map(|(tenant, environment)| features.get(*tenant, environment)) {
            let place = (snapshot.tenant(), snapshot.environment().to_string());
            if self.written.get(&place).is_some_and(|known| known == snapshot.fingerprint()) {
                continue;
            }
            match self.write_one(&snapshot) {
                Ok(()) => {
                    self.written.insert(place, snapshot.fingerprint().to_owned());
                }
                Err(error) => tracing::warn!(folder = %self.folder.display(), %error, "a snapshot of flags is not kept"),
            }
        }
    }

    /// As [`Kept::write`], of who asks. Of tokens there are digests alone.
    pub(crate) fn write_clients(&mut self, tenants: &[FlagsTenant], tokens: &Tokens) {
        let clients = Clients::of(tenants, tokens);
        if clients == self.clients {
            return;
        }
        match serde_json::to_vec(&clients).map_err(Into::into).and_then(|text| self.replace(CLIENTS, &text)) {
            Ok(()) => self.clients = clients,
            Err(error) => tracing::warn!(folder = %self.folder.display(), %error, "who asks for flags is not kept"),
        }
    }

    /// Who asked when it was kept; nobody where nothing was.
    pub(crate) fn read_clients(&self) -> Clients {
        let path = self.folder.join(CLIENTS);
        if !path.exists() {
            return Clients::default();
        }
        let read = bytes_of(&path).and_then(|bytes| serde_json::from_slice(&bytes).map_err(|error| error.to_string()));
        read.unwrap_or_else(|error| {
            tracing::warn!(path = %path.display(), error, "who asked for flags cannot be read");
            Clients::default()
        })
    }

    fn write_one(&self, snapshot: &Snapshot) -> std::io::Result<()> {
        let document = serde_json::from_slice(&snapshot.document(&Scope::default()).body)?;
        let (tenant, environment) = (snapshot.tenant(), snapshot.environment().to_string());
        let name = format!("{tenant}.{environment}.json");
        let file = File { tenant, environment, revision: snapshot.revision(), document };
        self.replace(&name, &serde_json::to_vec(&file)?)
    }

    /// For the owner's eyes alone.
    fn replace(&self, name: &str, content: &[u8]) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let (path, beside) = (self.folder.join(name), self.folder.join(format!("{name}.new")));
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&beside)?.write_all(content)?;
        std::fs::rename(beside, path)
    }

    /// What is there. A file that cannot be read is left out.
    pub(crate) fn read(&self) -> Vec<(Place, i64, Snapshot)> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let paths = entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "json"));
        let read = |path: PathBuf| match read_file(&path) {
            Ok(file) => {
                let features: ClientFeatures = serde_json::from_value(file.document).ok()?;
                let (snapshot, _) = Snapshot::compile(file.tenant, &file.environment, file.revision, features);
                Some(((file.tenant, file.environment), file.revision, snapshot))
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), error, "a kept snapshot of flags cannot be read");
                None
            }
        };
        paths.filter_map(read).collect()
    }
}

fn read_file(path: &Path) -> Result<File, String> {
    serde_json::from_slice(&bytes_of(path)?).map_err(|error| error.to_string())
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
    let length = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > LARGEST {
        return Err(format!("it has {length} bytes; {LARGEST} are read at most"));
    }
    std::fs::read(path).map_err(|error| error.to_string())
}

/// A file in the form of `/api/client/features`, or an object of such by environment. It counts for all tenants.
///
/// # Errors
/// Why it cannot be read, in words.
pub(crate) fn bootstrap(path: &Path, tenants: &[Uuid]) -> Result<Vec<(Place, Snapshot)>, String> {
    let value: Value = serde_json::from_slice(&bytes_of(path)?).map_err(|error| error.to_string())?;
    let environments: HashMap<String, Value> = match value {
        Value::Object(members) if members.contains_key("features") => {
            ["development", "production"].map(|name| (name.to_owned(), Value::Object(members.clone()))).into()
        }
        Value::Object(members) => members.into_iter().collect(),
        _ => return Err("it holds no object".to_owned()),
    };
    let mut found = Vec::new();
    for (environment, document) in environments {
        let features: ClientFeatures = serde_json::from_value(document).map_err(|error| format!("`{environment}`: {error}"))?;
        for tenant in tenants {
            let (snapshot, _) = Snapshot::compile(*tenant, &environment, 0, features.clone());
            found.push(((*tenant, environment.clone()), snapshot));
        }
    }
    Ok(found)
}
