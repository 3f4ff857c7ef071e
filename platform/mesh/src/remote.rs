//! An instance in another process, and what is spoken with it.

mod connect;
pub(crate) mod head;
mod pool;
pub(crate) mod timer;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::uri::{Authority, Scheme};
use http::{HeaderValue, Uri};
use hyper::body::Incoming;

use crate::body::OutBody;
use crate::call::Upgrade;
use crate::error::Reason;
use crate::place::Endpoint;
use crate::upstream::{Protocol, Upstream};
use connect::Secure;

pub(crate) use pool::Lease;

/// Tells targets apart that look alike, such as those of two meshes in one test.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Where a remote instance is and how it is reached.
pub(crate) struct Target {
    number: u64,
    uri: Uri,
    authority: Authority,
    authority_field: HeaderValue,
    /// The host without brackets.
    host: Box<str>,
    port: u16,
    /// Where no name has to be asked for.
    address: Option<SocketAddr>,
    found: Option<SocketAddr>,
    secure: Option<Secure>,
    protocol: Protocol,
    /// Dropped with the target, which tells the pools to forget its connections.
    alive: Arc<()>,
}

/// Why a try got no answer.
pub(crate) enum Failed {
    /// Nothing was sent: the request is still where it was.
    Unreachable(Reason),
    Broken(Reason),
    BadAnswer(Reason),
    /// The request's own body failed.
    BadRequest(Reason),
}

impl Target {
    /// `found` is the host's address, if somebody has asked for it already; else it is asked for with each connection.
    pub(crate) fn new(endpoint: &Endpoint, found: Option<SocketAddr>, upstream: &Upstream) -> Self {
        let uri = endpoint.uri.clone();
        let authority = uri.authority().cloned().unwrap_or_else(|| Authority::from_static("localhost"));
        let host: Box<str> = authority.host().trim_matches(['[', ']']).into();
        let is_secure = uri.scheme_str() == Some("https");
        let port = authority.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        let secure = upstream.tls.as_ref().filter(|_| is_secure).map(|tls| Secure::new(tls, upstream.protocol, &host));
        Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            authority_field: HeaderValue::from_str(authority.as_str()).unwrap_or(HeaderValue::from_static("localhost")),
            address: found.or_else(|| host.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, port))),
            found,
            secure,
            protocol: upstream.protocol,
            alive: Arc::new(()),
            uri,
            authority,
            host,
            port,
        }
    }

    pub(crate) fn is_at(&self, uri: &Uri, found: Option<SocketAddr>) -> bool {
        self.uri == *uri && self.found == found
    }

    /// For reports: `host:port`.
    pub(crate) fn address(&self) -> String {
        self.found.map_or_else(|| self.authority.to_string(), |found| found.to_string())
    }

    fn scheme(&self) -> Scheme {
        if self.secure.is_some() { Scheme::HTTPS } else { Scheme::HTTP }
    }

    /// Sends the request and waits for the head of the answer. A kept connection that turns out to be closed before anything was sent on
    /// it is replaced by a new one.
    pub(crate) async fn send(
        &self,
        upstream: &Upstream,
        request: &mut Option<http::Request<OutBody>>,
        upgrade: Upgrade,
    ) -> Result<(http::Response<Incoming>, Option<Lease>), Failed> {
        if let Some(lease) = pool::take(self, upstream, upgrade) {
            match self.send_on(lease, upstream, request).await {
                Err(Failed::Unreachable(_)) => {}
                other => return other,
            }
        }
        let lease = Box::pin(self.connect(upstream, upgrade)).await.map_err(Failed::Unreachable)?;
        self.send_on(lease, upstream, request).await
    }

    async fn send_on(
        &self,
        mut lease: Lease,
        upstream: &Upstream,
        request: &mut Option<http::Request<OutBody>>,
    ) -> Result<(http::Response<Incoming>, Option<Lease>), Failed> {
        let Some(mut addressed) = request.take() else {
            return Err(Failed::BadRequest(Reason::Plain("it was sent already")));
        };
        head::address(&mut addressed, self, &upstream.host, lease.speaks());
        match lease.send(addressed).await {
            Ok(response) => {
                let reusable = response.status() != http::StatusCode::SWITCHING_PROTOCOLS;
                Ok((response, reusable.then_some(lease)))
            }
            Err(mut error) => match error.take_message() {
                Some(unsent) => {
                    *request = Some(unsent);
                    Err(Failed::Unreachable(error.into_error().into()))
                }
                None => Err(failure_of(error.into_error())),
            },
        }
    }
}

fn failure_of(error: hyper::Error) -> Failed {
    if error.is_user() && !error.is_canceled() {
        return Failed::BadRequest(error.into());
    }
    if error.is_parse() || error.is_parse_too_large() || error.is_parse_status() || error.is_parse_version_h2() {
        return Failed::BadAnswer(error.into());
    }
    Failed::Broken(error.into())
}
