//! Who is at the other end: the peer of the connection, and the client for whom a trusted proxy speaks.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

pub use banyan_kernel::{Network, NetworkError};
use http::{HeaderMap, HeaderName};

use crate::fields::strip;

/// The other end of the connection that brought a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    pub address: SocketAddr,
    pub transport: Transport,
}

/// How a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// From within the process: a test, or the command line's socket.
    InProcess,
    Plain,
    Tls,
}

impl Peer {
    /// A request that no connection brought.
    pub const fn in_process() -> Self {
        Self { address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0), transport: Transport::InProcess }
    }
}

/// The client, as far as it can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) address: IpAddr,
    pub(crate) secure: Security,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Security {
    Plain,
    Secure,
}

impl Security {
    pub(crate) const fn scheme(self) -> &'static str {
        match self {
            Self::Plain => "http",
            Self::Secure => "https",
        }
    }
}

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Says something about the client, or about the address that it asked for, that only a proxy may say. Beside the usual names these
/// are what load balancers, content networks and frameworks believe: `X-Original-URL` and `X-Rewrite-URL` would let a client choose
/// another path behind the door than the one that was checked, and `Proxy` another proxy for a CGI program (CVE-2016-5385).
fn is_spoken_by_proxies(name: &HeaderName) -> bool {
    let text = name.as_str();
    match text.as_bytes() {
        [b'x', b'-', ..] => {
            text.starts_with("x-forwarded-")
                || text.starts_with("x-original-")
                || text.starts_with("x-remote-")
                || matches!(
                    text,
                    "x-real-ip"
                        | "x-client-ip"
                        | "x-cluster-client-ip"
                        | "x-rewrite-url"
                        | "x-url-scheme"
                        | "x-host"
                        | "x-proxyuser-ip"
                        | "x-envoy-external-address"
                        | "x-envoy-original-path"
                )
        }
        _ => matches!(
            text,
            "forwarded"
                | "proxy"
                | "client-ip"
                | "true-client-ip"
                | "cf-connecting-ip"
                | "fastly-client-ip"
                | "remote-user"
                | "front-end-https"
        ),
    }
}

impl Client {
    /// Finds the client, and takes out of the headers what the peer may not say.
    pub(crate) fn find(peer: Peer, headers: &mut HeaderMap, trusted: &[Network]) -> Self {
        let address = peer.address.ip().to_canonical();
        let secure = if peer.transport == Transport::Tls { Security::Secure } else { Security::Plain };
        if !trusted.iter().any(|network| network.contains(address)) {
            strip(headers, is_spoken_by_proxies);
            return Self { address, secure };
        }
        let proto = headers.get_all(&X_FORWARDED_PROTO).iter().next_back().and_then(|value| value.to_str().ok());
        let secure = match proto.and_then(|list| list.rsplit(',').next()).map(str::trim) {
            Some(proto) if proto.eq_ignore_ascii_case("https") => Security::Secure,
            Some(_) => Security::Plain,
            None => secure,
        };
        Self { address: forwarded_for(headers, trusted).unwrap_or(address), secure }
    }
}

/// The last address that no trusted proxy has. Whatever stands before it was written by strangers.
fn forwarded_for(headers: &HeaderMap, trusted: &[Network]) -> Option<IpAddr> {
    let mut nearest = None;
    for line in headers.get_all(&X_FORWARDED_FOR).iter().rev() {
        for text in line.to_str().ok()?.rsplit(',') {
            let Some(address) = address_of(text.trim()) else { return nearest };
            nearest = Some(address);
            if !trusted.iter().any(|network| network.contains(address)) {
                return nearest;
            }
        }
    }
    nearest
}

/// An address, with or without a port.
fn address_of(text: &str) -> Option<IpAddr> {
    let address = text.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Peer {
        Peer { address: format!("{address}:4000").parse().unwrap(), transport: Transport::Plain }
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_stranger_says_nothing_about_itself() {
        let mut headers = headers(&[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-proto", "https"), ("x-real-ip", "1.1.1.1")]);
        let client = Client::find(peer("9.9.9.9"), &mut headers, &["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(client, Client { address: "9.9.9.9".parse().unwrap(), secure: Security::Plain });
        assert!(headers.is_empty());
    }

    #[test]
    fn the_client_is_the_last_one_that_no_proxy_of_ours_is() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let mut given = headers(&[
            ("x-forwarded-for", "6.6.6.6, 8.8.8.8"),
            ("x-forwarded-for", "10.0.0.2"),
            ("x-forwarded-proto", "http, https"),
        ]);
        let client = Client::find(peer("10.0.0.1"), &mut given, &trusted);
        assert_eq!(client, Client { address: "8.8.8.8".parse().unwrap(), secure: Security::Secure });
        let nonsense = Client::find(peer("10.0.0.1"), &mut headers(&[("x-forwarded-for", "unknown, 10.0.0.3")]), &trusted);
        assert_eq!(nonsense.address, "10.0.0.3".parse::<IpAddr>().unwrap());
        let none = Client::find(peer("10.0.0.1"), &mut headers(&[]), &trusted);
        assert_eq!(none.address, "10.0.0.1".parse::<IpAddr>().unwrap());
    }
}
