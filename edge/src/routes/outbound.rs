//! The upstreams of a file, as the mesh is told of them.

use std::sync::Arc;

use banyan_kernel::{Clock, Network};
use banyan_mesh::caller::{ClusterSecret, Signer};
use banyan_mesh::{DeclareError, Mesh, Reach, Tls, Upstream};
use banyan_tls::{ClientConfigs, ClientFiles, TlsError};
use rustls::ClientConfig;

use super::file::{Declared, Fault, Identity, RouteFile, UpstreamEntry};
use crate::random::BufferedRandom;

/// What the door needs to reach upstreams, beside what the file says of them.
#[derive(Clone, Default)]
pub struct Outbound {
    /// Signs who asks. Without it nothing is said of the caller.
    pub secret: Option<ClusterSecret>,
    /// Whose certificates are believed where the file says nothing. Without it no upstream can be reached by `https` that says nothing.
    pub tls: Option<Arc<ClientConfig>>,
    /// What is made of the files that upstreams name.
    pub configs: ClientConfigs,
    /// Guarded addresses ([`Reach::Guarded`]) that upstreams of the API may have nevertheless; those of the file may have any.
    pub guarded: Arc<[Network]>,
}

impl Outbound {
    /// What cannot work, with its place in the file; nothing is changed.
    pub fn check(&self, file: &RouteFile, clock: &Arc<dyn Clock>) -> Vec<Fault> {
        let faults = file.upstreams.iter().filter_map(|entry| {
            let of_files = || Some(unusable(entry, &self.unusable(entry)?));
            let of_rules = || Some(fault(entry, &self.rules(entry, clock).check(&entry.name).err()?));
            of_files().or_else(of_rules)
        });
        faults.collect()
    }

    /// Why the files that the upstream names cannot be used.
    pub(crate) fn unusable(&self, entry: &UpstreamEntry) -> Option<TlsError> {
        let security = entry.security.as_ref().filter(|security| security.files != ClientFiles::default())?;
        self.configs.get(&security.files).err()
    }

    /// Makes or changes the upstreams of the file. One that cannot work was refused before; it is left out.
    pub(crate) fn declare(&self, file: &RouteFile, mesh: &Mesh, clock: &Arc<dyn Clock>) {
        for entry in &file.upstreams {
            if let Err(error) = mesh.declare(&entry.name, self.rules(entry, clock)) {
                tracing::error!(%error, "an upstream was left out");
            }
        }
    }

    pub(crate) fn rules(&self, entry: &UpstreamEntry, clock: &Arc<dyn Clock>) -> Upstream {
        let signer = |secret| Arc::new(Signer::new(&entry.name, secret, clock.clone(), Arc::new(BufferedRandom)));
        let tls = |security: &super::file::UpstreamSecurity| {
            let usual = security.files == ClientFiles::default();
            let config = if usual { self.tls.clone() } else { self.configs.latest(&security.files) };
            Some(Tls { config: config?, server_name: security.server_name.clone() })
        };
        Upstream {
            caller: self.secret.as_ref().filter(|_| entry.identity == Identity::Signed).map(signer),
            tls: entry.security.as_ref().and_then(tls),
            reach: match entry.declared {
                Declared::File => Reach::Anywhere,
                Declared::Api | Declared::Migration => Reach::Guarded { except: self.guarded.clone() },
            },
            ..entry.rules.clone()
        }
    }
}

fn unusable(entry: &UpstreamEntry, error: &TlsError) -> Fault {
    Fault {
        line: entry.line,
        column: entry.column,
        key: format!("upstreams.{}.tls", entry.name),
        reason: error.to_string(),
        remedy: "name files of PEM that the server's user may read".to_owned(),
        diagnosis: None,
    }
}

fn fault(entry: &UpstreamEntry, error: &DeclareError) -> Fault {
    Fault {
        line: entry.line,
        column: entry.column,
        key: format!("upstreams.{}.{}", entry.name, error.field),
        reason: error.reason.to_owned(),
        remedy: error.remedy.to_owned(),
        diagnosis: None,
    }
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbound").field("signs", &self.secret.is_some()).field("tls", &self.tls.is_some()).finish()
    }
}
