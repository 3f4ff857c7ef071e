//! Name servers, asked by hickory.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};

use super::{Resolve, ResolveError, Resolved, ServiceRecord};

/// How long one question to a name server may take.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Asks the name servers of this machine, or others.
#[derive(Debug)]
pub struct DnsResolver(TokioResolver);

impl DnsResolver {
    /// Those of `/etc/resolv.conf`.
    ///
    /// # Errors
    /// When the machine's configuration cannot be read.
    pub fn of_system() -> Result<Self, ResolveError> {
        let mut builder = TokioResolver::builder_tokio().map_err(|error| failed("/etc/resolv.conf", &error))?;
        builder.options_mut().timeout = TIMEOUT;
        // Answers are kept as long as they hold by who asks; a second memory would make them older.
        builder.options_mut().cache_size = 0;
        builder.build().map(Self).map_err(|error| failed("/etc/resolv.conf", &error))
    }

    /// These servers only, such as those of Consul.
    ///
    /// # Errors
    /// When they cannot be used.
    pub fn of_servers(servers: &[SocketAddr]) -> Result<Self, ResolveError> {
        let servers = servers.iter().map(|server| {
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                connection.port = server.port();
                connection
            });
            NameServerConfig::new(server.ip(), true, connections.into())
        });
        let config = ResolverConfig::from_parts(None, Vec::new(), servers.collect());
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        builder.options_mut().timeout = TIMEOUT;
        builder.options_mut().cache_size = 0;
        builder.build().map(Self).map_err(|error| failed("name servers", &error))
    }
}

#[async_trait]
impl Resolve for DnsResolver {
    async fn addresses(&self, host: &str) -> Result<Resolved<IpAddr>, ResolveError> {
        let found = self.0.lookup_ip(host).await.map_err(|error| failed(host, &error))?;
        let time_to_live = left_until(found.valid_until());
        some(host, Resolved { records: found.iter().collect(), time_to_live })
    }

    async fn services(&self, name: &str) -> Result<Resolved<ServiceRecord>, ResolveError> {
        let found = self.0.lookup(name, RecordType::SRV).await.map_err(|error| failed(name, &error))?;
        let time_to_live = left_until(found.valid_until());
        some(name, Resolved { records: services_of(&found), time_to_live })
    }
}

fn services_of(found: &Lookup) -> Vec<ServiceRecord> {
    let records = found.answers().iter().filter_map(|record| match &record.data {
        RData::SRV(service) => Some(ServiceRecord {
            host: service.target.to_ascii(),
            port: service.port,
            priority: service.priority,
            weight: service.weight,
        }),
        _ => None,
    });
    // A single `.` says that there is no such service (RFC 2782).
    records.filter(|record| record.host != "." && record.port != 0).collect()
}

fn some<T>(name: &str, found: Resolved<T>) -> Result<Resolved<T>, ResolveError> {
    if found.records.is_empty() {
        return Err(ResolveError { name: name.to_owned(), reason: "there are no records".to_owned() });
    }
    Ok(found)
}

fn left_until(moment: Instant) -> Duration {
    moment.saturating_duration_since(Instant::now())
}

fn failed(name: &str, error: &NetError) -> ResolveError {
    ResolveError { name: name.to_owned(), reason: error.to_string() }
}
