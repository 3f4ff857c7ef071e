//! Whom requests may go to whose address a person or a tenant typed (OWASP: server-side request forgery).
//!
//! A name is resolved here and the connection goes to the address that was looked at, so that a name which answers differently the second time
//! leads nowhere else.

mod resolve;
mod settings;

use std::net::{IpAddr, SocketAddr};

use banyan_kernel::{Network, is_public};
use url::{Host, Url};

pub use resolve::{Resolve, ResolveError, SystemResolver};
pub use settings::{AllowedHost, AllowedHostError, GuardSettings};

/// Names that never leave a network: RFC 6761, RFC 6762, RFC 8375, ICANN's `.internal`, and what routers use.
const INSIDE: [&str; 8] = ["localhost", "internal", "local", "localdomain", "home.arpa", "lan", "intranet", "corp"];
/// Of a name's addresses, as many are tried.
const ADDRESSES: usize = 4;

/// Why an address is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("the address is not an absolute URL of at most {} characters, such as `https://example.org/hooks`", Guard::LONGEST)]
    NotAnUrl,
    #[error("the address must begin with `https://`")]
    Scheme,
    #[error("the address may not carry a name and a password before the host")]
    Credentials,
    #[error("the address names a port that may not be used")]
    Port,
    #[error("the name of the host belongs to a network of its own, not to the open internet")]
    InsideName,
    #[error("the host is not on the open internet: its address is private, or reserved")]
    NotPublic,
}

/// Decides whom requests may go to. Cheap to ask; made once from settings.
#[derive(Clone, Debug)]
pub struct Guard {
    hosts: Vec<AllowedHost>,
    networks: Vec<Network>,
    ports: Vec<u16>,
}

/// Whom a request goes to, as far as is known before the name is resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// To one of these at once.
    Addresses(Vec<SocketAddr>),
    Name {
        name: String,
        port: u16,
        trust: Trust,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// The operator named the host: whatever it resolves to.
    Host,
    /// It must resolve to the open internet or into an allowed network.
    Public,
    /// Only into an allowed network: what else is asked for would be refused.
    Network(AddressError),
}

impl Default for Guard {
    /// `https` on port 443 of the open internet.
    fn default() -> Self {
        Self::new(&GuardSettings::default())
    }
}

impl Guard {
    /// The longest address, in bytes.
    pub const LONGEST: usize = 2_000;

    pub fn new(settings: &GuardSettings) -> Self {
        Self { hosts: settings.hosts.clone(), networks: settings.networks.clone(), ports: settings.ports.clone() }
    }

    /// Whether requests may be sent to that address, as far as can be said without resolving its name: for the moment when somebody types it.
    /// The attempt looks at everything again.
    ///
    /// # Errors
    /// [`AddressError`], for the person who typed it.
    pub fn check(&self, address: &str) -> Result<Url, AddressError> {
        if address.len() > Self::LONGEST {
            return Err(AddressError::NotAnUrl);
        }
        let url: Url = address.parse().map_err(|_| AddressError::NotAnUrl)?;
        self.target(&url).map(|_| url)
    }

    pub(crate) fn target(&self, url: &Url) -> Result<Target, AddressError> {
        if !matches!(url.scheme(), "https" | "http") {
            return Err(AddressError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else { return Err(AddressError::NotAnUrl) };
        match host {
            Host::Ipv4(address) => self.literal(url, address.into(), port),
            Host::Ipv6(address) => self.literal(url, address.into(), port),
            Host::Domain(name) => self.name(url, name.trim_end_matches('.'), port),
        }
    }

    fn literal(&self, url: &Url, address: IpAddr, port: u16) -> Result<Target, AddressError> {
        let target = Target::Addresses(vec![SocketAddr::new(address, port)]);
        if self.is_allowed(address) || self.is_named(&address.to_string(), port) {
            return Ok(target);
        }
        self.plain(url, port)?;
        if is_public(address) { Ok(target) } else { Err(AddressError::NotPublic) }
    }

    fn name(&self, url: &Url, name: &str, port: u16) -> Result<Target, AddressError> {
        if name.is_empty() {
            return Err(AddressError::NotAnUrl);
        }
        let target = |trust| Ok(Target::Name { name: name.to_owned(), port, trust });
        if self.is_named(name, port) {
            return target(Trust::Host);
        }
        let objection = self.plain(url, port).err().or_else(|| is_inside(name).then_some(AddressError::InsideName));
        match objection {
            None => target(Trust::Public),
            Some(objection) if self.networks.is_empty() => Err(objection),
            Some(objection) => target(Trust::Network(objection)),
        }
    }

    /// What holds for everybody who is not allowed more.
    fn plain(&self, url: &Url, port: u16) -> Result<(), AddressError> {
        match url.scheme() {
            "https" if self.ports.contains(&port) => Ok(()),
            "https" => Err(AddressError::Port),
            _ => Err(AddressError::Scheme),
        }
    }

    /// Of a name's addresses those to try. If any of them may not be reached, none is: such a name is not to be trusted.
    pub(crate) fn choose(&self, found: &[IpAddr], port: u16, trust: Trust) -> Result<Vec<SocketAddr>, AddressError> {
        let objection = |address: IpAddr| match trust {
            Trust::Host => None,
            _ if self.is_allowed(address) => None,
            Trust::Public if is_public(address) => None,
            Trust::Public => Some(AddressError::NotPublic),
            Trust::Network(objection) => Some(objection),
        };
        if let Some(objection) = found.iter().find_map(|address| objection(*address)) {
            return Err(objection);
        }
        Ok(found.iter().take(ADDRESSES).map(|address| SocketAddr::new(*address, port)).collect())
    }

    fn is_named(&self, name: &str, port: u16) -> bool {
        self.hosts.iter().any(|host| host.covers(name, port))
    }

    fn is_allowed(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(address))
    }
}

fn is_inside(name: &str) -> bool {
    let ends = |end: &str| {
        let Some(cut) = name.len().checked_sub(end.len()).filter(|cut| name.is_char_boundary(*cut)) else { return false };
        let (rest, tail) = name.split_at(cut);
        tail.eq_ignore_ascii_case(end) && (rest.is_empty() || rest.ends_with('.'))
    };
    // A name of one label is completed by the machine's own search list.
    !name.contains('.') || INSIDE.iter().any(|end| ends(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(hosts: &[&str], networks: &[&str], ports: &[u16]) -> Guard {
        Guard::new(&GuardSettings {
            hosts: hosts.iter().map(|host| host.parse().unwrap()).collect(),
            networks: networks.iter().map(|network| network.parse().unwrap()).collect(),
            ports: if ports.is_empty() { vec![443] } else { ports.to_vec() },
        })
    }

    #[test]
    fn a_typed_address_is_refused_with_its_reason() {
        use AddressError::*;
        let guard = Guard::default();
        for good in [
            "https://example.org/hooks?x=1",
            "https://example.org:443",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
            "HTTPS://EXAMPLE.ORG",
        ] {
            assert!(guard.check(good).is_ok(), "{good}");
        }
        let long = format!("https://example.org/{}", "x".repeat(Guard::LONGEST));
        for (bad, error) in [
            ("", NotAnUrl),
            ("example.org/hooks", NotAnUrl),
            ("https://", NotAnUrl),
            ("https://./", NotAnUrl),
            (long.as_str(), NotAnUrl),
            ("http://example.org", Scheme),
            ("ftp://example.org", Scheme),
            ("file:///etc/passwd", Scheme),
            ("gopher://example.org", Scheme),
            ("https://user:pass@example.org", Credentials),
            ("https://example.org@10.0.0.1", Credentials),
            ("https://example.org:22", Port),
            ("https://localhost/", InsideName),
            ("https://LOCALHOST./", InsideName),
            ("https://api.localhost/", InsideName),
            ("https://metadata.google.internal/", InsideName),
            ("https://printer.local/", InsideName),
            ("https://db/", InsideName),
            ("https://127.0.0.1/", NotPublic),
            ("https://127.1/", NotPublic),
            ("https://0x7f.0.0.1/", NotPublic),
            ("https://2130706433/", NotPublic),
            ("https://0177.0.0.1/", NotPublic),
            ("https://169.254.169.254/latest/meta-data", NotPublic),
            ("https://[::1]/", NotPublic),
            ("https://[::ffff:10.0.0.1]/", NotPublic),
            ("https://[fd00:ec2::254]/", NotPublic),
            ("https://\u{2460}\u{2461}\u{2466}.0.0.1/", NotPublic),
        ] {
            assert_eq!(guard.check(bad).err(), Some(error), "{bad}");
        }
    }

    #[test]
    fn one_bad_address_of_a_name_spoils_all() {
        let found: Vec<IpAddr> = ["8.8.8.8", "10.0.0.1"].map(|text| text.parse().unwrap()).into();
        let guard = Guard::default();
        assert_eq!(guard.choose(&found, 443, Trust::Public), Err(AddressError::NotPublic));
        assert_eq!(guard.choose(&found[..1], 443, Trust::Public).map(|found| found.len()), Ok(1));
        assert_eq!(guard.choose(&found, 443, Trust::Host).map(|found| found.len()), Ok(2));
    }

    #[test]
    fn an_operator_may_allow_hosts_networks_and_ports() {
        let named = guard(&["hooks.internal", "10.0.0.7:8080"], &[], &[]);
        assert!(named.check("http://hooks.internal:9000/x").is_ok());
        assert!(named.check("http://10.0.0.7:8080/").is_ok());
        assert_eq!(named.check("http://10.0.0.7:8081/").err(), Some(AddressError::Scheme));
        assert_eq!(named.check("https://evil.hooks.internal/").err(), Some(AddressError::InsideName));

        let network = guard(&[], &["10.1.0.0/16"], &[443, 8443]);
        assert!(network.check("http://10.1.2.3:99/").is_ok() && network.check("http://[::ffff:10.1.2.3]/").is_ok());
        assert_eq!(network.check("https://10.2.0.1/").err(), Some(AddressError::NotPublic));
        assert!(network.check("https://example.org:8443/").is_ok());
        // A name in plain HTTP may lead into the network, and nowhere else.
        let Ok(Target::Name { trust, .. }) = network.target(&"http://worker.internal/".parse().unwrap()) else {
            panic!("a name")
        };
        assert!(network.choose(&["10.1.0.9".parse().unwrap()], 80, trust).is_ok());
        assert_eq!(network.choose(&["8.8.8.8".parse().unwrap()], 80, trust), Err(AddressError::Scheme));
        assert_eq!(network.choose(&["10.2.0.9".parse().unwrap()], 80, trust), Err(AddressError::Scheme));
    }
}
