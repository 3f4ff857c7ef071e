//! Several processes as one installation: what this one does, how it finds the others, and how they believe one another.

mod door;
mod furnish;
mod join;
mod node;
mod registry;
mod roles;
mod secret;
mod tls;

pub(crate) use node::{Left, Node, UNTIL_HEARD};
pub(crate) use registry::prepare;
pub(crate) use roles::{EDGE, Roles};
pub(crate) use secret::new_text as new_secret;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use banyan_kernel::{Clock, OsRandom};
use banyan_mesh::caller::{ClusterSecret, Signer, Verifier};
use banyan_mesh::{Discovery, Protocol, Repeatable, Retry, Tls, Upstream};
use banyan_tls::NodeTls;

use crate::cli::terminal::Usage;
use crate::data::DataDirectory;
use crate::house::House;
use crate::settings::{Loaded, PostgresLogin};
use join::Joins;

/// A node that could not be reached rests so long at first. Calls to the others go on meanwhile.
const EJECTED: Duration = Duration::from_secs(5);

/// What is needed to be one of several, read and checked before anything is opened. None where this process is alone.
pub(crate) struct Cluster {
    listen: SocketAddr,
    advertise: Option<String>,
    /// The one to sign with first.
    secrets: Vec<ClusterSecret>,
    tls: Option<NodeTls>,
    login: PostgresLogin,
    joins: Joins,
}

impl Cluster {
    /// # Errors
    /// What the settings leave open, with what would do.
    pub(crate) fn open(loaded: &Loaded, roles: &Roles, data: &DataDirectory) -> Result<Option<Self>> {
        let settings = &loaded.settings.cluster;
        let Some(listen) = settings.mesh_listen.0 else {
            return if roles.are_all() { Ok(None) } else { Err(refuse(WITHOUT_LISTENER)) };
        };
        let Some(login) = loaded.database.postgres() else { return Err(refuse(ON_SQLITE)) };
        let tls = tls::load(settings, data)?;
        let advertise = settings.advertise.as_ref().map(|address| address.0.clone());
        if listen.ip().is_unspecified() && advertise.is_none() {
            return Err(refuse(NO_ADDRESS));
        }
        if tls.is_none() && !settings.allow_plain && !is_private(listen.ip()) && !listen.ip().is_unspecified() {
            return Err(refuse(IN_THE_OPEN));
        }
        let joins = Joins::of(settings, tls.is_some())?;
        Ok(Some(Self { listen, advertise, secrets: secret::read(settings, data)?, tls, login: login.clone(), joins }))
    }

    /// The rules by which the service is called where it is not in this process.
    fn upstream(&self, service: &str, clock: &Arc<dyn Clock>) -> Result<Upstream> {
        let signer = self.secrets.first().map(|secret| Arc::new(Signer::new(service, secret, clock.clone(), Arc::new(OsRandom))));
        Ok(Upstream {
            discovery: self.joins.discovery(service)?,
            protocol: Protocol::Http2,
            ejection: self.joins.ejection(service),
            // Services of ours heed an `Idempotency-Key`.
            retry: Retry { repeatable: Repeatable::OrKeyed, ..Retry::default() },
            tls: self.tls.as_ref().map(|tls| Tls { config: tls.client(), server_name: Some(NodeTls::ANY_NODE.to_owned()) }),
            caller: signer,
            ..Upstream::default()
        })
    }

    fn verifier(&self, service: &str, clock: &Arc<dyn Clock>) -> Verifier {
        Verifier::new(service, &self.secrets, clock.clone())
    }

    /// Makes the services that run elsewhere callable by name, and their paths theirs.
    ///
    /// # Errors
    /// When paths of two services are the same.
    pub(crate) fn declare_others(&self, house: &House) -> Result<()> {
        for service in crate::house::services().iter().filter(|service| !house.roles.have(service.name)) {
            let upstream = self.upstream(service.name, &house.clock)?;
            if matches!(&upstream.discovery, Discovery::Static(none) if none.is_empty()) {
                tracing::warn!(service = service.name, "nobody says where it is (`cluster.join`), so nobody is called");
            }
            house.mesh.declare(service.name, upstream)?;
            let paths = service.paths();
            house.mesh.claim(service.name, paths.iter().filter(|path| !is_of_doors(path)))?;
        }
        answer_at_the_door(house)
    }
}

/// Who is limited only doors know, so identity's routes for that are theirs, wherever its others are.
fn is_of_doors(path: &str) -> bool {
    path.starts_with("/api/v1/admin/limits")
}

/// # Errors
/// When paths of two services are the same.
fn answer_at_the_door(house: &House) -> Result<()> {
    let here = house.roles.have(banyan_identity::SERVICE);
    let identity = house.rooms.iter().find(|room| room.service.name == banyan_identity::SERVICE);
    if let Some(room) = identity.filter(|_| house.roles.have(EDGE) && !here) {
        let paths = room.service.paths();
        let router = room.service.router(&room.host);
        house.mesh.register("limits", router, paths.iter().filter(|path| is_of_doors(path)))?;
    }
    Ok(())
}

/// Refused before the data directory is made.
///
/// # Errors
/// For a part of the roles on the embedded engine, which one process owns.
pub(crate) fn check(loaded: &Loaded) -> Result<Roles> {
    let roles = Roles::of(&loaded.settings)?;
    if loaded.database.is_sqlite() && !roles.are_all() {
        return Err(refuse(ON_SQLITE));
    }
    Ok(roles)
}

fn refuse(problem: &str) -> anyhow::Error {
    Usage(problem.to_owned()).into()
}

const ON_SQLITE: &str = "several processes cannot share a SQLite directory: one process owns its files. Run everything in one process \
                         (without --roles and --mesh-listen), or give all processes one PostgreSQL by DATABASE_URL";
const WITHOUT_LISTENER: &str = "--roles names a part of the services, so the others are in other processes: say by --mesh-listen (or \
                                `cluster.mesh_listen`) where those reach this one, such as 127.0.0.1:0";
const NO_ADDRESS: &str = "`cluster.mesh_listen` is every address of this machine, and other nodes need one of them: set \
                          `cluster.advertise`, such as http://10.0.0.5:7070";
const IN_THE_OPEN: &str = "`cluster.mesh_listen` is a public address, and nodes would speak without TLS there: make certificates by \
                           `banyan certs init` and `banyan certs node`, and set `cluster.node`; or listen on a private address; or set \
                           `cluster.allow_plain = true` where the network itself is encrypted";

/// Loopback, and the networks of RFC 1918, RFC 3927, RFC 4193, RFC 4291 (link-local) and RFC 6598.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            address.is_loopback() || address.is_private() || address.is_link_local() || (first == 100 && second & 0xc0 == 64)
        }
        IpAddr::V6(address) => {
            let mapped = address.to_ipv4_mapped().map(IpAddr::V4);
            mapped
                .map_or_else(|| address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(), is_private)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_private;

    #[test]
    fn only_addresses_that_stay_inside_are_private() {
        for inside in ["127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.1.1", "100.64.0.1", "::1", "fd00::1"] {
            assert!(is_private(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::1", "::ffff:8.8.8.8", "0.0.0.0"] {
            assert!(!is_private(outside.parse().unwrap()), "{outside}");
        }
        assert!(is_private("::ffff:10.0.0.1".parse().unwrap()));
    }
}
