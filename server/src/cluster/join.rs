//! Where the settings say that services of other processes are, beside the registry or instead of it.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::Result;
use banyan_mesh::{Discovery, Ejection, Endpoint, Scheme};
use http::Uri;

use super::{EJECTED, is_private, refuse};
use crate::settings::ClusterSection;
use crate::settings::types::{Join, JoinPlace};

/// An address that is written down comes back as the same instance, so it is tried again soon.
const EJECTED_AT_MOST: Duration = Duration::from_secs(15);

/// Who refuses connections is dead, however many are: those that were killed one after the other are still in the registry for some
/// seconds, and must not get half of the calls.
const ALL_BUT_ONE: f64 = 0.99;

/// How each service is found.
pub(super) struct Joins {
    joins: Vec<Join>,
    registry: bool,
}

impl Joins {
    /// # Errors
    /// For what cannot be called, or must not be.
    pub(super) fn of(settings: &ClusterSection, has_certificate: bool) -> Result<Self> {
        for join in &settings.join {
            if !crate::house::names().contains(&join.service.as_str()) {
                let names = crate::house::names().join(", ");
                return Err(refuse(&format!("`cluster.join`: `{}` is no service; there are {names}", join.service)));
            }
            if join.place.is_secure() != has_certificate {
                return Err(refuse(if has_certificate { WITHOUT_TLS } else { WITHOUT_CERTIFICATE }));
            }
            if !has_certificate && !settings.allow_plain && is_in_the_open(&join.place) {
                return Err(refuse(IN_THE_OPEN));
            }
        }
        let joins = Self { joins: settings.join.clone(), registry: settings.registry };
        for service in crate::house::names() {
            joins.discovery(service)?;
        }
        Ok(joins)
    }

    /// Whether nodes also find one another by themselves.
    pub(super) fn have_registry(&self) -> bool {
        self.registry
    }

    /// # Errors
    /// For a service that is to be found in two ways.
    pub(super) fn discovery(&self, service: &str) -> Result<Discovery> {
        let places: Vec<&JoinPlace> = self.joins.iter().filter(|join| join.service == service).map(|join| &join.place).collect();
        let scheme = |secure| if secure { Scheme::Https } else { Scheme::Http };
        match &places[..] {
            [] if self.registry => Ok(Discovery::Registry),
            [JoinPlace::Dns { host, port, secure }] => {
                Ok(Discovery::Dns { host: host.clone(), port: *port, scheme: scheme(*secure) })
            }
            [JoinPlace::Srv { name, secure }] => Ok(Discovery::Srv { name: name.clone(), scheme: scheme(*secure) }),
            addresses => addresses.iter().map(|place| endpoint(service, place)).collect::<Result<_>>().map(Discovery::Static),
        }
    }

    /// When one that cannot be reached is left out.
    pub(super) fn ejection(&self, service: &str) -> Ejection {
        // What it did not get goes to another. A node of ours that answers is well, whatever it answers: a storm of log-ins that it
        // turns away with 503 must not keep everybody else from it. It is the same where the service is in this process.
        let at_once =
            Ejection { max_fails: 1, base: EJECTED, statuses: Vec::new(), most_of_hosts: ALL_BUT_ONE, ..Ejection::default() };
        match self.joins.iter().any(|join| join.service == service) {
            true => Ejection { most: EJECTED_AT_MOST, ..at_once },
            false => at_once,
        }
    }
}

fn endpoint(service: &str, place: &JoinPlace) -> Result<Endpoint> {
    match place {
        JoinPlace::Address(address) => {
            let uri: Uri = address.parse().map_err(|_| refuse(&format!("`cluster.join`: `{address}` cannot be called")))?;
            Ok(Endpoint::new(uri))
        }
        JoinPlace::Dns { .. } | JoinPlace::Srv { .. } => Err(refuse(&format!(
            "`cluster.join` says in several ways where `{service}` is: keep its addresses, or one `dns:`, or one `srv:`"
        ))),
    }
}

/// Of a name nobody knows before it is looked up.
fn is_in_the_open(place: &JoinPlace) -> bool {
    let JoinPlace::Address(address) = place else { return false };
    let host = address.parse::<Uri>().ok().and_then(|uri| uri.host().map(|host| host.trim_matches(['[', ']']).to_owned()));
    host.and_then(|host| host.parse::<IpAddr>().ok()).is_some_and(|address| !is_private(address))
}

const WITHOUT_CERTIFICATE: &str = "`cluster.join` has an address with https://, and this node has no certificate: make one by `banyan \
                                   certs node` and set `cluster.node`, or write http://";
const WITHOUT_TLS: &str = "`cluster.node` is set, so nodes speak TLS, and `cluster.join` has an address without it: write https:// (or \
                           srv:https+…)";
const IN_THE_OPEN: &str = "`cluster.join` has a public address, and nodes would speak without TLS there: make certificates by `banyan \
                           certs init` and `banyan certs node`, set `cluster.node` and write https://; or set `cluster.allow_plain = \
                           true` where the network itself is encrypted";
