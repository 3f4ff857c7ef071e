//! Whether a request is one that can be meant: its size, its address, its framing.

use banyan_kernel::ErrorCode;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Uri, Version};

use super::address::Transport;
use super::path::{Form, form_of};
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

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn code(build: impl FnOnce(http::request::Builder) -> http::request::Builder) -> Result<(), ErrorCode> {
        let request = build(Request::builder().uri("/api/v1/goals")).body(()).unwrap();
        check(&mut request.into_parts().0, &Limits::default(), Transport::InProcess)
    }

    #[test]
    fn a_path_is_passed_on_in_its_one_spelling() {
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
}
