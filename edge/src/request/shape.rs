//! Whether a request is one that can be meant: its size, its address, its framing.

use banyan_kernel::ErrorCode;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderName, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Version};

use super::address::Transport;
use crate::fields::strip;
use crate::settings::Limits;

/// # Errors
/// The code of the first thing that is wrong.
pub(crate) fn check(parts: &Parts, limits: &Limits, transport: Transport) -> Result<(), ErrorCode> {
    if matches!(parts.method, Method::CONNECT | Method::TRACE) {
        return Err(ErrorCode::MethodNotAllowed);
    }
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    if target.len() > limits.uri_bytes {
        return Err(ErrorCode::UriTooLong);
    }
    if parts.headers.len() > limits.headers {
        return Err(ErrorCode::HeadersTooLarge);
    }
    let bytes: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > limits.header_bytes {
        return Err(ErrorCode::HeadersTooLarge);
    }
    check_host(parts, transport)?;
    if parts.headers.contains_key(TRANSFER_ENCODING) && parts.headers.contains_key(CONTENT_LENGTH) {
        return Err(ErrorCode::MalformedRequest);
    }
    let path = parts.uri.path();
    if path == "*" && parts.method == Method::OPTIONS {
        return Ok(());
    }
    if is_plain(path) { Ok(()) } else { Err(ErrorCode::MalformedRequest) }
}

/// One host, named once (RFC 9112 §3.2).
fn check_host(parts: &Parts, transport: Transport) -> Result<(), ErrorCode> {
    let mut hosts = parts.headers.get_all(HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(ErrorCode::MalformedRequest);
    }
    match (host, parts.uri.authority()) {
        (Some(host), Some(authority)) if !host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes()) => {
            Err(ErrorCode::MalformedRequest)
        }
        (None, None) if parts.version == Version::HTTP_11 && transport != Transport::InProcess => {
            Err(ErrorCode::MalformedRequest)
        }
        _ => Ok(()),
    }
}

/// A path that has one meaning only, however often it is decoded or put together: no empty, `.` or `..` segment, no
/// encoded slash, backslash or control character, and UTF-8.
fn is_plain(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    let mut segments = rest.split('/').peekable();
    while let Some(segment) = segments.next() {
        // Only the last may be empty: `/` itself, or a path with a slash at its end.
        let ends = segments.peek().is_none();
        if segment.is_empty() && ends {
            return true;
        }
        if !is_plain_segment(segment) {
            return false;
        }
    }
    true
}

fn is_plain_segment(segment: &str) -> bool {
    if segment.is_empty() || segment == "." || segment == ".." {
        return false;
    }
    if segment.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'\\') {
        return false;
    }
    if !segment.contains('%') {
        return true;
    }
    let Some(decoded) = decode(segment) else { return false };
    let Ok(text) = std::str::from_utf8(&decoded) else { return false };
    text != "." && text != ".." && !text.chars().any(|character| character.is_control() || matches!(character, '/' | '\\'))
}

fn decode(segment: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => {
                let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
                high << 4 | low
            }
            plain => plain,
        };
        decoded.push(byte);
    }
    Some(decoded)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn is_for_one_hop(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "keep-alive"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "proxy-connection"
            | "proxy-authorization"
    )
}

/// Takes out what is meant for this hop alone (RFC 9110 §7.6.1). The body's framing is known by now.
pub(crate) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    if headers.contains_key(CONNECTION) {
        strip_named_by_connection(headers);
    }
    strip(headers, is_for_one_hop);
}

/// What `Connection` names goes, too, but never what says who asks and for what: else a client could take away what a
/// proxy of ours has put in.
#[cold]
fn strip_named_by_connection(headers: &mut HeaderMap) {
    let lines: Vec<HeaderValue> = headers.get_all(CONNECTION).iter().cloned().collect();
    let names = lines.iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    for name in names.filter_map(|name| name.trim().parse::<HeaderName>().ok()) {
        let ends_here =
            !matches!(name.as_str(), "host" | "content-length" | "content-type" | "authorization" | "forwarded" | "x-real-ip")
                && !name.as_str().starts_with("x-forwarded-");
        if ends_here {
            headers.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn code(build: impl FnOnce(http::request::Builder) -> http::request::Builder) -> Result<(), ErrorCode> {
        let request = build(Request::builder().uri("/api/v1/goals")).body(()).unwrap();
        check(&request.into_parts().0, &Limits::default(), Transport::InProcess)
    }

    #[test]
    fn paths_with_two_meanings_are_refused() {
        for bad in [
            "",
            "x",
            "//",
            "/a//b",
            "/./a",
            "/a/.",
            "/../a",
            "/a/..",
            "/a/../b",
            "/%2e%2e/a",
            "/%2E./a",
            "/a%2fb",
            "/a%5Cb",
            "/a\\b",
            "/a%00",
            "/a%0ab",
            "/a%7f",
            "/a%",
            "/a%2",
            "/a%zz",
            "/%ff",
            "/a%c3%28",
            "/\u{e9}",
            "/a b",
            "/a\tb",
            "/a%c2%85b",
        ] {
            assert!(!is_plain(bad), "{bad}");
        }
        for good in
            ["/", "/a", "/a/", "/a/b.c", "/...", "/a..b", "/caf%C3%A9", "/a%20b", "/100%25", "/a;b=c", "/~x/@y", "/.well-known/x"]
        {
            assert!(is_plain(good), "{good}");
        }
    }

    #[test]
    fn sizes_have_their_own_codes() {
        assert_eq!(code(|request| request), Ok(()));
        assert_eq!(code(|request| request.uri(format!("/{}", "a".repeat(9_000)))), Err(ErrorCode::UriTooLong));
        assert_eq!(
            code(|request| (0..81).fold(request, |request, at| request.header(format!("x-{at}"), "1"))),
            Err(ErrorCode::HeadersTooLarge)
        );
        assert_eq!(code(|request| request.header("cookie", "a".repeat(17_000))), Err(ErrorCode::HeadersTooLarge));
    }

    #[test]
    fn ambiguous_requests_are_refused() {
        assert_eq!(
            code(|request| request.header(TRANSFER_ENCODING, "chunked").header(CONTENT_LENGTH, "3")),
            Err(ErrorCode::MalformedRequest)
        );
        assert_eq!(code(|request| request.header(HOST, "a").header(HOST, "b")), Err(ErrorCode::MalformedRequest));
        assert_eq!(code(|request| request.uri("http://a.example/x").header(HOST, "b.example")), Err(ErrorCode::MalformedRequest));
        assert_eq!(code(|request| request.uri("http://a.example/x").header(HOST, "A.example")), Ok(()));
        assert_eq!(code(|request| request.method(Method::CONNECT)), Err(ErrorCode::MethodNotAllowed));
        assert_eq!(code(|request| request.method(Method::TRACE)), Err(ErrorCode::MethodNotAllowed));
        assert_eq!(code(|request| request.uri("*").method(Method::OPTIONS)), Ok(()));
        let nameless = Request::builder().uri("/").body(()).unwrap().into_parts().0;
        assert_eq!(check(&nameless, &Limits::default(), Transport::Plain), Err(ErrorCode::MalformedRequest));
    }

    #[test]
    fn what_is_for_this_hop_ends_here_and_identity_does_not() {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("connection", "close, X-Secret, authorization, x-forwarded-for"), ("x-secret", "1"), ("te", "trailers")]
        {
            headers.insert(name, value.parse().unwrap());
        }
        headers.insert("authorization", "Bearer x".parse().unwrap());
        headers.insert("x-forwarded-for", "1.1.1.1".parse().unwrap());
        headers.insert("upgrade", "h2c".parse().unwrap());
        strip_hop_by_hop(&mut headers);
        let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["authorization", "x-forwarded-for"]);
    }
}
