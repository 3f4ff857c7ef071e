//! What is in a backup.

use std::collections::BTreeMap;

use banyan_kernel::Timestamp;
use serde::{Deserialize, Serialize};

use super::NewerBackup;

/// The form of archive and manifest that this program writes and reads.
pub(super) const FORMAT: u32 = 1;

/// The name of the manifest in the archive.
pub(super) const MANIFEST: &str = "manifest.json";
/// The name of the key in the archive.
pub(super) const KEY: &str = "master.key";
/// The name of PostgreSQL's dump in the archive.
pub(super) const DUMP: &str = "postgres.dump";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) format: u32,
    /// The Banyan that made it.
    pub(crate) version: String,
    pub(crate) created_at: Timestamp,
    pub(crate) engine: EngineName,
    pub(crate) services: Vec<ServicePart>,
    pub(crate) members: Vec<Member>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EngineName {
    Sqlite,
    Postgres,
}

/// The database of one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServicePart {
    pub(crate) service: String,
    pub(crate) schema_version: u32,
    /// Rows by table; empty for PostgreSQL, whose dump cannot be counted without restoring it.
    pub(crate) rows: BTreeMap<String, u64>,
}

/// A file in the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// Hexadecimal.
    pub(crate) sha256: String,
}

impl Manifest {
    /// The name of a service's database in the archive.
    pub(super) fn database(service: &str) -> String {
        format!("{service}.db")
    }

    pub(super) fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    pub(crate) fn has_key(&self) -> bool {
        self.member(KEY).is_some()
    }

    /// Compares with the versions that this program understands, by service.
    ///
    /// # Errors
    /// [`NewerBackup`] where a service or its data is newer, or not known here.
    pub(super) fn check_versions(&self, known: &BTreeMap<&str, u32>) -> Result<(), NewerBackup> {
        for part in &self.services {
            let problem = match known.get(part.service.as_str()) {
                Some(version) if part.schema_version <= *version => continue,
                Some(version) => format!(
                    "its data of `{}` has version {}, this program understands up to {version}",
                    part.service, part.schema_version
                ),
                None => format!("it holds a service `{}` that this program does not have", part.service),
            };
            return Err(NewerBackup(format!("the backup was made by Banyan {}: {problem}", self.version)));
        }
        Ok(())
    }
}
