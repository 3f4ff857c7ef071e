//! Whether a request is one that can be meant: its size, its address, its framing.

use std::borrow::Cow;

use banyan_kernel::ErrorCode;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderName, TRANSFER_ENCODING};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Uri, Version};

use super::address::Transport;
use crate::fields::strip;
use crate::settings::Limits;

/// Checks the request and gives its path the one spelling in which it is matched and passed on.
///
/// # Errors
/// The code of the first thing that is wrong.
pub(crate) fn check(parts: &mut Parts, limits: &Limits, transport: Transport) -> Result<(), ErrorCode> {
    if matches!(parts.method, Method::CONNECT | Method::TRACE) {
        return Err(ErrorCode::MethodNotAllowed);
    }
    if !is_method(&parts.method) {
        return Err(ErrorCode::MalformedRequest);
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
    check_framing(&parts.headers)?;
    // Raw bytes of other alphabets are no query (RFC 3986 §3.4), and what they mean is everybody's guess.
    if !parts.uri.query().is_none_or(|query| query.bytes().all(|byte| byte.is_ascii_graphic())) {
        return Err(ErrorCode::MalformedRequest);
    }
    let path = parts.uri.path();
    if path == "*" && parts.method == Method::OPTIONS {
        return Ok(());
    }
    match form_of(path) {
        Form::Normal => Ok(()),
        Form::Other(path) => respell(&mut parts.uri, &path),
        Form::Ambiguous => Err(ErrorCode::MalformedRequest),
    }
}

/// Methods are compared by case (RFC 9110 §9.1), but not by everybody: `get` would be another one here, and `GET` behind the door. All that
/// are registered are capitals.
fn is_method(method: &Method) -> bool {
    let text = method.as_str();
    text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-')
}

#[cold]
fn respell(uri: &mut Uri, path: &str) -> Result<(), ErrorCode> {
    let target = uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let mut changed = uri.clone().into_parts();
    changed.path_and_query = Some(PathAndQuery::try_from(target).map_err(|_| ErrorCode::MalformedRequest)?);
    *uri = Uri::from_parts(changed).map_err(|_| ErrorCode::MalformedRequest)?;
    Ok(())
}

/// One way to know where the body ends. A coding beside `chunked` would be lost with the field, which is for this hop alone, and a
/// second `chunked` is somebody's trick (RFC 9112 §6.1).
fn check_framing(headers: &HeaderMap) -> Result<(), ErrorCode> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else { return Ok(()) };
    let plain = coding.as_bytes().eq_ignore_ascii_case(b"chunked") && codings.next().is_none();
    if plain && !headers.contains_key(CONTENT_LENGTH) { Ok(()) } else { Err(ErrorCode::MalformedRequest) }
}

/// One host, named once (RFC 9112 §3.2), in a form that everybody reads in the same way.
fn check_host(parts: &Parts, transport: Transport) -> Result<(), ErrorCode> {
    let mut hosts = parts.headers.get_all(HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(ErrorCode::MalformedRequest);
    }
    let named = [host.map(HeaderValue::as_bytes), parts.uri.authority().map(|authority| authority.as_str().as_bytes())];
    if !named.into_iter().flatten().all(is_host) {
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

/// A name or an address, and perhaps a port: nothing before an `@`, no second port, nothing that is empty (RFC 3986 §3.2).
fn is_host(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let (host, port) = match text.rsplit_once(':') {
        // Not the colons inside of `[::1]`.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let host_fits = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            (1..=253).contains(&host.len())
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
                && !host.starts_with('.')
                && !host.contains("..")
        }
    };
    let port_fits = port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok());
    host_fits && port_fits
}

/// What a path is, once it has been looked at.
#[derive(Debug, PartialEq, Eq)]
enum Form {
    /// In the form in which it is matched and passed on.
    Normal,
    /// Another spelling of this one.
    Other(String),
    /// Somebody on the way could read it in another way.
    Ambiguous,
}

/// Whether a path that was put together may be sent on.
pub(crate) fn has_one_meaning(path: &str) -> bool {
    form_of(path) == Form::Normal
}

/// A path has one meaning only, however often it is decoded or put together: no empty, `.` or `..` segment, no encoded slash,
/// backslash, percent sign before two digits or control character, and UTF-8. What is left has one spelling (RFC 3986 §6.2.2):
/// `/%61dmin` is `/admin`. That spelling is matched, and the same bytes are passed on.
fn form_of(path: &str) -> Form {
    let Some(rest) = path.strip_prefix('/') else { return Form::Ambiguous };
    let mut other = false;
    let mut segments = rest.split('/').peekable();
    while let Some(segment) = segments.next() {
        // Only the last may be empty: `/` itself, or a path with a slash at its end.
        if segment.is_empty() && segments.peek().is_none() {
            break;
        }
        match normal_segment(segment) {
            None => return Form::Ambiguous,
            Some(Cow::Owned(_)) => other = true,
            Some(Cow::Borrowed(_)) => {}
        }
    }
    if other { Form::Other(respelt(rest)) } else { Form::Normal }
}

#[cold]
fn respelt(rest: &str) -> String {
    rest.split('/').fold(String::new(), |mut path, segment| {
        path.push('/');
        path.push_str(&normal_segment(segment).unwrap_or_default());
        path
    })
}

/// The one spelling of a segment; none where it has more than one meaning, or is empty.
pub(crate) fn normal_segment(segment: &str) -> Option<Cow<'_, str>> {
    if segment.is_empty() || segment == "." || segment == ".." {
        return None;
    }
    if segment.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'\\') {
        return None;
    }
    if !segment.contains('%') {
        return Some(Cow::Borrowed(segment));
    }
    let decoded = decode(segment)?;
    let text = std::str::from_utf8(&decoded).ok()?;
    let dots = text == "." || text == "..";
    if dots || text.chars().any(|character| character.is_control() || matches!(character, '/' | '\\')) {
        return None;
    }
    let normal = spell(segment)?;
    Some(if normal == segment { Cow::Borrowed(segment) } else { Cow::Owned(normal) })
}

/// Unreserved characters plain, other escapes with capital digits (RFC 3986 §6.2.2); none for what is encoded twice.
fn spell(segment: &str) -> Option<String> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut normal = String::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            normal.push(char::from(*first));
            continue;
        }
        let ([high, low], tail) = tail.split_first_chunk::<2>()?;
        let byte = digit(*high)? << 4 | digit(*low)?;
        rest = tail;
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            normal.push(char::from(byte));
            continue;
        }
        if byte == b'%' && tail.iter().take(2).filter(|byte| byte.is_ascii_hexdigit()).count() == 2 {
            return None;
        }
        normal.extend(['%', char::from(DIGITS[usize::from(byte >> 4)]), char::from(DIGITS[usize::from(byte & 15)])]);
    }
    // `%2561` was refused; `%25` before what was an escape itself would be the same trick: `%25%36%31`.
    let twice = normal.match_indices("%25").any(|(at, _)| {
        let after = normal.as_bytes().get(at + 3..at + 5);
        after.is_some_and(|after| after.iter().all(u8::is_ascii_hexdigit))
    });
    (!twice).then_some(normal)
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

/// What only nodes of our own say of a caller: from outside it is forged.
fn is_said_by_nodes(name: &HeaderName) -> bool {
    let text = name.as_str();
    text.starts_with("banyan-") || text.starts_with("x-banyan-") || matches!(text, "signature" | "signature-input")
}

/// Takes out of a request what would be believed if a node of ours had said it.
pub(crate) fn strip_identity(headers: &mut HeaderMap) {
    strip(headers, is_said_by_nodes);
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
        check(&mut request.into_parts().0, &Limits::default(), Transport::InProcess)
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
            "/%2561dmin",
            "/%25%36%31dmin",
            "/%252e%252e/a",
            "/a%252fb",
        ] {
            assert_eq!(form_of(bad), Form::Ambiguous, "{bad}");
        }
        for good in
            ["/", "/a", "/a/", "/a/b.c", "/...", "/a..b", "/caf%C3%A9", "/a%20b", "/100%25", "/a;b=c", "/~x/@y", "/.well-known/x"]
        {
            assert_eq!(form_of(good), Form::Normal, "{good}");
        }
    }

    #[test]
    fn a_path_has_one_spelling() {
        for (path, normal) in [
            ("/%61dmin", "/admin"),
            ("/a/%7euser/%2d", "/a/~user/-"),
            ("/caf%c3%a9", "/caf%C3%A9"),
            ("/a%3bb/", "/a%3Bb/"),
            ("/%2e%2e%2e", "/..."),
        ] {
            assert_eq!(form_of(path), Form::Other(normal.to_owned()), "{path}");
            assert_eq!(form_of(normal), Form::Normal, "{normal}");
        }
        let mut parts = Request::builder().uri("/%61dmin?q=%61").body(()).unwrap().into_parts().0;
        assert_eq!(check(&mut parts, &Limits::default(), Transport::InProcess), Ok(()));
        assert_eq!(parts.uri, "/admin?q=%61");
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
        assert_eq!(code(|request| request.method("get")), Err(ErrorCode::MalformedRequest));
        assert_eq!(code(|request| request.method("M-SEARCH")), Ok(()));
        assert_eq!(code(|request| request.uri("*").method(Method::OPTIONS)), Ok(()));
        let mut nameless = Request::builder().uri("/").body(()).unwrap().into_parts().0;
        assert_eq!(check(&mut nameless, &Limits::default(), Transport::Plain), Err(ErrorCode::MalformedRequest));
    }

    #[test]
    fn a_host_is_a_name_or_an_address_and_perhaps_a_port() {
        for good in ["a", "a.example", "a.example.", "A-b_c.example:8080", "127.0.0.1:1", "[::1]", "[::1]:443"] {
            assert!(is_host(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            ":80",
            "a:",
            "a:b",
            "a:80:81",
            "a:99999",
            "a:+80",
            "a@b",
            "a:b@c",
            "a/b",
            "a?b",
            "a#b",
            "a\\b",
            "a b",
            "a,b",
            ".a",
            "a..b",
            "[::1",
            "::1",
            "[a]",
            "[::1]x",
            "[::1]:",
            "caf\u{e9}",
            "%61",
            "\"a\"",
            "a;b",
        ] {
            assert!(!is_host(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn a_body_ends_in_one_way() {
        for (codings, fits) in [
            (&["chunked"][..], true),
            (&["Chunked"], true),
            (&["gzip, chunked"], false),
            (&["chunked, chunked"], false),
            (&["chunked", "chunked"], false),
            (&["identity", "chunked"], false),
            (&["identity"], false),
            (&[""], false),
        ] {
            let asked =
                code(|request| codings.iter().fold(request, |request, coding| request.header(TRANSFER_ENCODING, *coding)));
            assert_eq!(asked.is_ok(), fits, "{codings:?}");
        }
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
