//! Finding instances by name servers. The registry is a room of its own: [`crate::registry`].

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::Uri;
use tokio::time::sleep;

use crate::observer::Change;
use crate::place::{Endpoint, Place};
use crate::registry::RegistryStore;
use crate::service::{Found, Inner};
use crate::upstream::{Discovery, Scheme, Upstream};

mod dns;

pub use dns::DnsResolver;

/// How often somebody who could not be asked is asked again.
const AGAIN: Duration = Duration::from_secs(5);
/// However short a time to live is; a name server is not asked more often.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(3_600);
/// A registry that cannot tell of changes is asked that often.
const REGISTRY_EVERY: Duration = Duration::from_secs(2);
/// The most instances that one name may have.
const MOST_INSTANCES: usize = 1_000;

/// Asks name servers. Injected, so that tests need none.
#[async_trait]
pub trait Resolve: Send + Sync {
    /// The A and AAAA records of a host.
    ///
    /// # Errors
    /// When nobody answers, or there are none. The instances stay as they were.
    async fn addresses(&self, host: &str) -> Result<Resolved<IpAddr>, ResolveError>;

    /// SRV records (RFC 2782).
    ///
    /// # Errors
    /// As [`Resolve::addresses`].
    async fn services(&self, name: &str) -> Result<Resolved<ServiceRecord>, ResolveError>;
}

/// Records and how long they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved<T> {
    pub records: Vec<T>,
    pub time_to_live: Duration,
}

/// One SRV record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRecord {
    pub host: String,
    pub port: u16,
    /// The lowest is used; the others are for when it is gone from the answer.
    pub priority: u16,
    pub weight: u16,
}

/// A name could not be resolved.
#[derive(Clone, Debug, thiserror::Error)]
#[error("`{name}` cannot be resolved: {reason}")]
pub struct ResolveError {
    pub name: String,
    pub reason: String,
}

/// Who is asked about instances.
#[derive(Clone, Default)]
pub struct Sources {
    pub resolver: Option<Arc<dyn Resolve>>,
    pub registry: Option<Arc<dyn RegistryStore>>,
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources").finish_non_exhaustive()
    }
}

/// Keeps the instances of one service those that are found. Ends when dropped.
pub(crate) async fn keep_finding(service: Arc<Inner>, upstream: Arc<Upstream>, sources: Sources) {
    match &upstream.discovery {
        Discovery::Static(_) => std::future::pending().await,
        Discovery::Registry => keep_listing(&service, &upstream, sources.registry).await,
        Discovery::Dns { .. } | Discovery::Srv { .. } => keep_resolving(&service, &upstream, sources.resolver).await,
    }
}

async fn keep_resolving(service: &Inner, upstream: &Arc<Upstream>, resolver: Option<Arc<dyn Resolve>>) {
    let Some(resolver) = resolver else {
        tracing::error!(service = service.name(), "there is no resolver for this upstream's name");
        return std::future::pending().await;
    };
    loop {
        let wait = match find(&*resolver, &upstream.discovery).await {
            Ok(resolved) => {
                service.reconcile(upstream, &resolved.records);
                resolved.time_to_live.clamp(SHORTEST, LONGEST)
            }
            Err(error) => {
                tracing::warn!(service = service.name(), %error, "its instances stay as they were");
                service.tell(&Change::DiscoveryFailed);
                AGAIN
            }
        };
        sleep(wait).await;
    }
}

/// What the name servers say now.
async fn find(resolver: &dyn Resolve, discovery: &Discovery) -> Result<Resolved<Found>, ResolveError> {
    match discovery {
        Discovery::Dns { host, port, scheme } => find_hosts(resolver, host, *port, 1, *scheme).await,
        Discovery::Srv { name, scheme } => find_services(resolver, name, *scheme).await,
        Discovery::Static(_) | Discovery::Registry => Ok(Resolved { records: Vec::new(), time_to_live: LONGEST }),
    }
}

async fn find_hosts(
    resolver: &dyn Resolve,
    host: &str,
    port: u16,
    weight: u32,
    scheme: Scheme,
) -> Result<Resolved<Found>, ResolveError> {
    let uri = uri_of(host, port, scheme)?;
    let mut resolved = resolver.addresses(host).await?;
    resolved.records.sort_unstable();
    resolved.records.dedup();
    let found = resolved.records.into_iter().take(MOST_INSTANCES).map(|ip| {
        let address = SocketAddr::new(ip, port);
        let endpoint = Endpoint { uri: uri.clone(), weight, place: Place::default() };
        Found { id: Some(address.to_string().into()), endpoint, address: Some(address), load: None }
    });
    Ok(Resolved { records: found.collect(), time_to_live: resolved.time_to_live })
}

/// The hosts of the best priority. What cannot be resolved of them is left out, unless that is all.
async fn find_services(resolver: &dyn Resolve, name: &str, scheme: Scheme) -> Result<Resolved<Found>, ResolveError> {
    let resolved = resolver.services(name).await?;
    let best = resolved.records.iter().map(|record| record.priority).min();
    let mut found = Resolved { records: Vec::new(), time_to_live: resolved.time_to_live };
    let mut last_error = ResolveError { name: name.to_owned(), reason: "there are no records".to_owned() };
    for record in resolved.records.iter().filter(|record| Some(record.priority) == best).take(MOST_INSTANCES) {
        // A weight of 0 means "hardly ever" beside others; 1 to 1,000 is what we have.
        let weight = u32::from(record.weight).clamp(1, Endpoint::MOST_WEIGHT);
        match find_hosts(resolver, record.host.trim_end_matches('.'), record.port, weight, scheme).await {
            Ok(hosts) => {
                found.time_to_live = found.time_to_live.min(hosts.time_to_live);
                found.records.extend(hosts.records);
            }
            Err(error) => last_error = error,
        }
    }
    if found.records.is_empty() { Err(last_error) } else { Ok(found) }
}

fn uri_of(host: &str, port: u16, scheme: Scheme) -> Result<Uri, ResolveError> {
    let scheme = match scheme {
        Scheme::Http => "http",
        Scheme::Https => "https",
    };
    let uri = format!("{scheme}://{host}:{port}").parse();
    uri.map_err(|_| ResolveError { name: host.to_owned(), reason: "this is no host name".to_owned() })
}

async fn keep_listing(service: &Inner, upstream: &Arc<Upstream>, registry: Option<Arc<dyn RegistryStore>>) {
    let Some(registry) = registry else {
        tracing::error!(service = service.name(), "there is no registry to find this upstream in");
        return std::future::pending().await;
    };
    let mut changes = registry.changes();
    loop {
        let wait = match registry.list(service.name()).await {
            Ok(registrations) => {
                let found: Vec<_> = registrations.iter().take(MOST_INSTANCES).filter_map(|one| one.found()).collect();
                service.reconcile(upstream, &found);
                REGISTRY_EVERY
            }
            Err(error) => {
                tracing::warn!(service = service.name(), %error, "its instances stay as they were");
                service.tell(&Change::DiscoveryFailed);
                AGAIN
            }
        };
        match changes.as_mut() {
            // A change is heard at once; that somebody has expired only shows when one looks.
            Some(changes) => {
                let _ = tokio::time::timeout(wait, changes.changed()).await;
            }
            None => sleep(wait).await,
        }
    }
}

#[cfg(test)]
mod tests;
