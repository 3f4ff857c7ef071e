//! Heads at the border: what may pass, and how the instance is addressed.

use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, TE, TRANSFER_ENCODING, UPGRADE};
use http::uri::{Authority, Parts, PathAndQuery};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, Version};
use http_body::Body as _;

use super::Target;
use crate::body::OutBody;
use crate::call::Upgrade;
use crate::caller::CALLER;
use crate::propagate::DEADLINE;
use crate::receiver::SERVICE;
use crate::upstream::HostRule;

/// Which protocol a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaks {
    Http1,
    Http2,
}

/// Takes out of a request what is meant for this hop alone (RFC 9110 §7.6.1), and what only we may say. `Trailer` stays: it announces what
/// comes at the end of the body, which goes through. `Expect` was met when the body was first asked for.
pub(crate) fn clean_request(headers: &mut HeaderMap, upgrade: Upgrade) {
    if !headers.keys().any(is_not_for_upstream) {
        return;
    }
    let protocol = headers.get(UPGRADE).cloned().filter(|_| upgrade == Upgrade::Passed && lists(headers, CONNECTION, "upgrade"));
    let trailers = lists(headers, TE, "trailers");
    clean(headers, is_not_for_upstream);
    if let Some(protocol) = protocol {
        headers.insert(UPGRADE, protocol);
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    } else if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
}

/// The same for an answer. A length beside a transfer coding is a lie (RFC 9112 §6.3).
pub(crate) fn clean_answer(status: StatusCode, headers: &mut HeaderMap) {
    if !headers.keys().any(is_for_one_hop) {
        return;
    }
    let switching = status == StatusCode::SWITCHING_PROTOCOLS;
    let protocol = headers.get(UPGRADE).cloned().filter(|_| switching);
    if headers.contains_key(TRANSFER_ENCODING) {
        headers.remove(CONTENT_LENGTH);
    }
    clean(headers, is_for_one_hop);
    if let Some(protocol) = protocol {
        headers.insert(UPGRADE, protocol);
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    }
}

/// A second `Host` would leave the choice to the upstream.
pub(crate) fn one_host(headers: &mut HeaderMap) {
    let mut hosts = headers.get_all(HOST).iter();
    if let (Some(first), Some(_)) = (hosts.next().cloned(), hosts.next()) {
        headers.insert(HOST, first);
    }
}

fn is_for_one_hop(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "keep-alive"
            | "te"
            | "transfer-encoding"
            | "upgrade"
            | "proxy-connection"
            | "proxy-authorization"
            | "http2-settings"
    )
}

fn is_not_for_upstream(name: &HeaderName) -> bool {
    is_for_one_hop(name) || name == EXPECT || name == CALLER || name == DEADLINE || name == SERVICE
}

fn clean(headers: &mut HeaderMap, unwanted: fn(&HeaderName) -> bool) {
    if headers.contains_key(CONNECTION) {
        clean_named(headers);
    }
    while let Some(name) = headers.keys().find(|name| unwanted(name)).cloned() {
        headers.remove(name);
    }
}

/// What `Connection` names goes, too, but never what says who asks and for what: else a client could take away what a proxy has put in.
#[cold]
fn clean_named(headers: &mut HeaderMap) {
    let lines: Vec<HeaderValue> = headers.get_all(CONNECTION).iter().cloned().collect();
    let names = lines.iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    for name in names.filter_map(|name| name.trim().parse::<HeaderName>().ok()) {
        let stays = matches!(
            name.as_str(),
            "host" | "content-length" | "content-type" | "authorization" | "cookie" | "set-cookie" | "forwarded" | "x-real-ip"
        ) || name.as_str().starts_with("x-forwarded-");
        if !stays {
            headers.remove(name);
        }
    }
}

/// Whether a comma-separated field has the word, in any case and line.
fn lists(headers: &HeaderMap, field: HeaderName, word: &str) -> bool {
    let lines = headers.get_all(field);
    let words = lines.iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    words.map(|entry| entry.split(';').next().unwrap_or("").trim()).any(|entry| entry.eq_ignore_ascii_case(word))
}

/// Names the instance and the host as the protocol has it: `Host` and the bare path, or the whole address in pseudo-header fields.
pub(super) fn address(request: &mut http::Request<OutBody>, target: &Target, rule: &HostRule, speaks: Speaks) {
    match speaks {
        Speaks::Http1 => address_http1(request, target, rule),
        Speaks::Http2 => address_http2(request, target, rule),
    }
}

fn address_http1(request: &mut http::Request<OutBody>, target: &Target, rule: &HostRule) {
    *request.version_mut() = Version::HTTP_11;
    let host = match rule {
        HostRule::Fixed(host) => HeaderValue::from_str(host.as_str()).ok(),
        HostRule::Endpoint => Some(target.authority_field.clone()),
        HostRule::Keep => match request.uri().authority() {
            Some(authority) => HeaderValue::from_str(authority.as_str()).ok(),
            None if request.headers().contains_key(HOST) => None,
            None => Some(target.authority_field.clone()),
        },
    };
    if let Some(host) = host {
        request.headers_mut().insert(HOST, host);
    }
    // The library sends no body with `GET` and `HEAD` unless one is announced: the upstream would take half a request for a whole one.
    let body = request.body();
    let unannounced = !body.is_end_stream() && body.size_hint().exact().is_none();
    if unannounced && !request.headers().contains_key(CONTENT_LENGTH) {
        request.headers_mut().insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    // `Connection` also has to name what is for this hop (RFC 9110 §10.1.4).
    if request.headers().contains_key(TE) && !request.headers().contains_key(UPGRADE) {
        request.headers_mut().insert(CONNECTION, HeaderValue::from_static("te"));
    }
    if request.uri().authority().is_some() {
        let path = path_of(request.uri());
        *request.uri_mut() = Uri::from(path);
    }
}

fn address_http2(request: &mut http::Request<OutBody>, target: &Target, rule: &HostRule) {
    *request.version_mut() = Version::HTTP_2;
    let named = request.headers_mut().remove(HOST);
    let authority = match rule {
        HostRule::Fixed(host) => host.clone(),
        HostRule::Endpoint => target.authority.clone(),
        HostRule::Keep => {
            let own = request.uri().authority().cloned();
            let named = || named.and_then(|host| Authority::try_from(host.as_bytes()).ok());
            own.or_else(named).unwrap_or_else(|| target.authority.clone())
        }
    };
    request.headers_mut().remove(CONNECTION);
    let mut parts = Parts::default();
    parts.scheme = Some(target.scheme());
    parts.authority = Some(authority);
    parts.path_and_query = Some(path_of(request.uri()));
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
}

fn path_of(uri: &Uri) -> PathAndQuery {
    uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"))
}
