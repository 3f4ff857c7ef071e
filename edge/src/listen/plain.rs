//! What is answered before anything else is known of a request: an authority's question whether the domain is ours, and, on a
//! plain listener that is only there to send people on, the way to TLS.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HOST, LOCATION};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};

use super::arrival::Doorway;
use super::worker::Door;
use crate::request::address::Peer;
use crate::settings::Plain;

/// Machines that ask these do not follow.
const PROBES: [&str; 4] = ["/livez", "/readyz", "/ready", "/health"];

/// What to do with a request.
pub(super) enum Finding {
    Serve,
    Answer(Response),
    /// It cannot be sent on, for it does not say where to.
    Refuse,
}

pub(super) fn look(doorway: &Doorway, parts: &Parts, peer: Peer) -> Finding {
    let path = parts.uri.path();
    if parts.method == Method::GET
        && let Some(text) = doorway.challenges().and_then(|challenges| challenges.answer(path))
    {
        let kind = [(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))];
        return Finding::Answer((kind, text.to_string()).into_response());
    }
    let Plain::Redirect { port } = doorway.settings().plain else { return Finding::Serve };
    if doorway.door() != Door::Public || doorway.trusts(peer.address) || PROBES.contains(&path) {
        return Finding::Serve;
    }
    match location(parts, port) {
        Some(location) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
            response.headers_mut().insert(LOCATION, location);
            Finding::Answer(response)
        }
        None => Finding::Refuse,
    }
}

/// The same address by TLS, at the host that was asked.
fn location(parts: &Parts, port: u16) -> Option<HeaderValue> {
    let mut hosts = parts.headers.get_all(HOST).iter();
    let named = hosts.next().and_then(|host| host.to_str().ok());
    let authority = parts.uri.authority().map(|authority| authority.as_str()).or(named)?;
    if hosts.next().is_some() {
        return None;
    }
    let host = host_of(authority)?;
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let port = if port == 443 { String::new() } else { format!(":{port}") };
    let target = if target.starts_with('/') { target } else { "/" };
    HeaderValue::try_from(format!("https://{host}{port}{target}")).ok()
}

/// A name or an address, without the port; an IPv6 address in its brackets.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.rfind(']') {
        Some(end) if authority.starts_with('[') => authority.split_at(end + 1),
        _ => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let digits = port.strip_prefix(':').is_none_or(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let good = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(inside) => inside.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(name),
    };
    (good && digits && (port.is_empty() || port.starts_with(':'))).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn to(uri: &str, host: &str, port: u16) -> Option<String> {
        let parts = Request::builder().uri(uri).header(HOST, host).body(()).unwrap().into_parts().0;
        location(&parts, port).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_same_address_by_tls() {
        assert_eq!(to("/a?b=c", "example.org", 443).as_deref(), Some("https://example.org/a?b=c"));
        assert_eq!(to("/", "example.org:8080", 8443).as_deref(), Some("https://example.org:8443/"));
        assert_eq!(to("/", "[::1]:8080", 443).as_deref(), Some("https://[::1]/"));
        assert_eq!(to("//evil.example/x", "a.test", 443).as_deref(), Some("https://a.test//evil.example/x"));
        assert_eq!(to("http://a.test/x", "a.test", 443).as_deref(), Some("https://a.test/x"));
        for bad in ["", "a b", "a/b", "evil@a", "a:b", "[::1", "[x]", "a.test:80:81", "a#", "[::1]x"] {
            assert_eq!(to("/", bad, 443), None, "{bad}");
        }
        let nobody = Request::builder().uri("/").body(()).unwrap().into_parts().0;
        assert_eq!(location(&nobody, 443), None);
    }
}
