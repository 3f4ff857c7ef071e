//! What an operator may set. Every value has a default that is safe on the open internet.

use std::num::NonZeroUsize;
use std::time::Duration;

use http::HeaderValue;

use crate::limits::RateLimits;
use crate::request::Network;

/// The front door's settings.
#[derive(Clone, Debug)]
pub struct EdgeSettings {
    /// Threads that serve, each with a listening socket of its own. Default: one a core.
    pub workers: Option<NonZeroUsize>,
    pub limits: Limits,
    pub deadlines: Deadlines,
    pub drain: Drain,
    /// Whose `X-Forwarded-*` are believed. Default: nobody's.
    pub trusted_proxies: Vec<Network>,
    pub proxy_protocol: ProxyProtocol,
    pub plain: Plain,
    pub transport_security: TransportSecurity,
    /// Origins whose pages may call the interface (CORS), as browsers send them: `https://app.example.org`. Default: none.
    pub cors_origins: Vec<String>,
    /// Origins beside its own that a page of Banyan may connect to, for the `connect-src` of the Content-Security-Policy.
    pub api_origins: Vec<String>,
    /// Domains whose first label names a tenant: below them an unknown label is answered 404. Default: `localhost`.
    pub base_domains: Vec<String>,
    pub rate_limits: RateLimits,
    pub access_log: AccessLog,
}

/// How much of everything there may be.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections; more are answered 503 and closed. Default: 20,000.
    pub connections: usize,
    /// Connections of one address (of one /64 network in IPv6). Trusted proxies are not bound by it. Default: 5,000, so that
    /// nobody alone takes more than a quarter.
    pub connections_of_address: usize,
    /// Requests being answered; more are answered 503. Default: 2,000.
    pub in_flight: usize,
    /// Bytes of path and query. Default: 8 KiB; above 64 KiB the connection is closed, too.
    pub uri_bytes: usize,
    /// Header fields. Default: 80; at most 100, where the parser stops.
    pub headers: usize,
    /// Bytes of all header fields. Default: 16 KiB.
    pub header_bytes: usize,
    /// Bytes of a body. Default: 1 MiB.
    pub body_bytes: u64,
    /// Streams of one HTTP/2 connection. Default: 128.
    pub streams: u32,
}

/// How long everything may take.
#[derive(Clone, Debug)]
pub struct Deadlines {
    /// What comes before the first request: a PROXY header, the TLS handshake. Default: 10 s.
    pub handshake: Duration,
    /// From the first byte of a request's head to its last. Default: 15 s.
    pub header: Duration,
    /// An open connection without a request. Default: 75 s.
    pub idle: Duration,
    /// The whole body. Default: 30 s.
    pub body: Duration,
    /// A client that takes nothing of its answer. Default: 30 s.
    pub write: Duration,
    /// A service's answer. Default: 30 s.
    pub call: Duration,
    /// Silence, both ways, on a connection that was upgraded, such as a WebSocket. Default: 5 min.
    pub upgraded: Duration,
    /// Reading on after an early answer, so that the client sees it before the connection closes. Default: 2 s.
    pub linger: Duration,
}

/// How the process ends.
#[derive(Clone, Debug)]
pub struct Drain {
    /// Serving on as if nothing were, after readiness is off, so that balancers notice. Default: none.
    pub grace: Duration,
    /// How long idle connections may still bring a last request, whose answer says that the connection closes. A client
    /// that sends one while we close would have to ask again. Default: 500 ms.
    pub last_request: Duration,
    /// How long upgraded connections go on before their end is told. Default: 1 s.
    pub upgraded: Duration,
    /// How long requests in flight may take to finish. Default: 25 s.
    pub deadline: Duration,
}

/// Whether connections begin with the header by which a balancer says who the client is (PROXY protocol 1 or 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProxyProtocol {
    #[default]
    Off,
    /// Those of trusted proxies must. Of others it is no request, and is refused.
    FromTrustedProxies,
}

/// What the plain listener is for, where there is one for TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plain {
    /// As much as the other.
    #[default]
    Serve,
    /// It sends everybody to TLS, at the same host and this port. Probes, what an authority asks (RFC 8555), and trusted
    /// proxies are answered.
    Redirect { port: u16 },
}

/// When answers carry `Strict-Transport-Security`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransportSecurity {
    /// Over TLS, or where a trusted proxy says that it took the request by `https`.
    #[default]
    WhenSecure,
    Always,
    Never,
}

/// Which requests have a line in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccessLog {
    /// Those that took a second or longer. (Failures of ours are logged with their cause in any case.)
    #[default]
    Slow,
    Every,
}

impl Default for EdgeSettings {
    fn default() -> Self {
        Self {
            workers: None,
            limits: Limits::default(),
            deadlines: Deadlines::default(),
            drain: Drain::default(),
            trusted_proxies: Vec::new(),
            proxy_protocol: ProxyProtocol::default(),
            plain: Plain::default(),
            transport_security: TransportSecurity::default(),
            cors_origins: Vec::new(),
            api_origins: Vec::new(),
            base_domains: vec!["localhost".into()],
            rate_limits: RateLimits::default(),
            access_log: AccessLog::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            connections_of_address: 5_000,
            in_flight: 2_000,
            uri_bytes: 8 * 1024,
            headers: 80,
            header_bytes: 16 * 1024,
            body_bytes: 16 * 1024 * 1024,
            streams: 128,
        }
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            header: Duration::from_secs(15),
            idle: Duration::from_secs(75),
            body: Duration::from_secs(30),
            write: Duration::from_secs(30),
            call: Duration::from_secs(30),
            upgraded: Duration::from_secs(5 * 60),
            linger: Duration::from_secs(2),
        }
    }
}

impl Default for Drain {
    fn default() -> Self {
        Self {
            grace: Duration::ZERO,
            last_request: Duration::from_millis(500),
            upgraded: Duration::from_secs(1),
            deadline: Duration::from_secs(25),
        }
    }
}

/// A setting that cannot be meant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}`: {reason}")]
pub struct SettingsError {
    pub key: &'static str,
    pub reason: String,
}

impl EdgeSettings {
    /// # Errors
    /// The first setting that cannot be meant.
    pub fn check(&self) -> Result<(), SettingsError> {
        let refuse = |key, reason: String| Err(SettingsError { key, reason });
        let counts = [
            ("limits.connections", self.limits.connections),
            ("limits.connections_of_address", self.limits.connections_of_address),
            ("limits.in_flight", self.limits.in_flight),
            ("limits.uri_bytes", self.limits.uri_bytes),
            ("limits.headers", self.limits.headers),
            ("limits.header_bytes", self.limits.header_bytes),
        ];
        if let Some((key, _)) = counts.iter().find(|(_, count)| *count == 0) {
            return refuse(key, "must be at least 1".into());
        }
        let times = [
            ("deadlines.handshake", self.deadlines.handshake),
            ("deadlines.upgraded", self.deadlines.upgraded),
            ("deadlines.header", self.deadlines.header),
            ("deadlines.idle", self.deadlines.idle),
            ("deadlines.body", self.deadlines.body),
            ("deadlines.write", self.deadlines.write),
            ("deadlines.call", self.deadlines.call),
        ];
        if let Some((key, _)) = times.iter().find(|(_, time)| time.is_zero()) {
            return refuse(key, "must be longer than 0 s".into());
        }
        if self.proxy_protocol == ProxyProtocol::FromTrustedProxies && self.trusted_proxies.is_empty() {
            return refuse("proxy_protocol", "needs `trusted_proxies`: of others no header is believed".into());
        }
        let origins = [("cors_origins", &self.cors_origins), ("api_origins", &self.api_origins)];
        for (key, origins) in origins {
            if let Some(bad) = origins.iter().find(|origin| !is_origin(origin)) {
                return refuse(key, format!("`{bad}` is not an origin such as `https://app.example.org` (no path, no `*`)"));
            }
        }
        match self
            .base_domains
            .iter()
            .find(|domain| domain.is_empty() || domain.starts_with('.') || **domain != domain.to_ascii_lowercase())
        {
            Some(bad) => refuse("base_domains", format!("`{bad}` is not a domain in lower case such as `example.org`")),
            None => Ok(()),
        }
    }
}

/// Scheme and host, and a port where it is not the scheme's own (RFC 6454 §6.2).
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]_".contains(&byte);
    host.is_some_and(|host| !host.is_empty() && host.bytes().all(plain)) && HeaderValue::from_str(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_hold_together() {
        assert_eq!(EdgeSettings::default().check(), Ok(()));
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        let settings = EdgeSettings { cors_origins: vec!["*".into()], ..EdgeSettings::default() };
        assert_eq!(settings.check().unwrap_err().key, "cors_origins");
        let settings = EdgeSettings { base_domains: vec![".example.org".into()], ..EdgeSettings::default() };
        assert_eq!(settings.check().unwrap_err().key, "base_domains");
        let mut settings = EdgeSettings::default();
        settings.limits.connections = 0;
        assert_eq!(settings.check().unwrap_err().key, "limits.connections");
        settings = EdgeSettings::default();
        settings.deadlines.body = Duration::ZERO;
        assert_eq!(settings.check().unwrap_err().key, "deadlines.body");
        let settings = EdgeSettings { proxy_protocol: ProxyProtocol::FromTrustedProxies, ..EdgeSettings::default() };
        assert_eq!(settings.check().unwrap_err().key, "proxy_protocol");
    }

    #[test]
    fn origins() {
        for good in ["https://app.example.org", "http://localhost:5173", "http://[::1]:80"] {
            assert!(is_origin(good), "{good}");
        }
        for bad in ["", "*", "null", "https://", "https://a.example/", "https://A.example", "ftp://a.example", "https://a b"] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
