//! What becomes of path, query and header fields on the way to an upstream.

use banyan_kernel::ErrorCode;
use http::{HeaderMap, HeaderValue, Request};

use super::bytes::Bytes;
use crate::request::address::Transport;
use crate::request::shape;
use crate::routes::fields::is_reserved;
use crate::routes::rewrite::PathRewrite;
use crate::routes::template::Facts;
use crate::routes::{Known, RouteEntry, RouteFile};
use crate::settings::Limits;

const PATTERNS: [&str; 8] =
    ["/{*rest}", "/a/{*rest}", "/a/{id}", "/{id}/{*rest}", "/a", "/{a}/{b}", "/a/b/{id}/{*rest}", "/a/{id}/"];
const PATH_PIECES: [&str; 20] =
    ["/", "a", "b", "{id}", "{rest}", "{a}", "{b}", ".", "..", "%2e", "%2f", "%61", "%", "2", "//", "?", "#", "é", "{host}", " "];
const VALUE_PIECES: [&str; 14] = [
    "a",
    " ",
    "{id}",
    "{rest}",
    "{host}",
    "{path}",
    "{user}",
    "{client_address}",
    "{tenant}",
    "{request_id}",
    ",",
    "\\r\\n",
    ":",
    "é",
];
const NAMES: [&str; 8] = ["x-a", "x-b", "cookie", "host", "content-length", "connection", "banyan-caller", "x-forwarded-for"];
const SENT: [&str; 28] = [
    "/", "/a", "/b", "/a/b/", "a", "b", ".", "..", "%2e", "%2E", "%2f", "%5c", "%00", "%0a", "%61", "%c3%a9", "%25", "%zz", ";",
    ":", "?", "&", "=", "+", "s=1", "r=2", "@", "//",
];
const VALUES: [&[u8]; 6] = [b"1", b"a, b", b"\xe9", b"\t", b"", b"x\"y"];

/// What an upstream is sent has one meaning: the path that leaves would pass the door's own check unchanged, no field ends a line or is
/// framing, and what the route does not name is as it came.
pub fn rewriting(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    let text = file(&mut bytes);
    let known = Known { services: ["goals".to_owned()].into(), ..Known::default() };
    let Ok(file) = RouteFile::parse(&text, &known) else { return };
    let [entry] = &file.routes[..] else { return };
    let Ok(request) = Request::builder().uri(format!("/{}", bytes.text(&SENT, 8).trim_start_matches('/'))).body(()) else {
        return;
    };
    let mut parts = request.into_parts().0;
    for _ in 0..bytes.below(5) {
        let value = HeaderValue::from_bytes(bytes.pick::<&[u8]>(&VALUES));
        if let Ok(value) = value {
            parts.headers.append(*bytes.pick(&NAMES[..3]), value);
        }
    }
    if shape::check(&mut parts, &Limits::default(), Transport::InProcess).is_err() {
        return;
    }
    check_address(entry, &parts, &text);
    check_fields(entry, &parts, &text);
}

/// A file with one route.
fn file(bytes: &mut Bytes<'_>) -> String {
    let mut text = format!("[[routes]]\nname = \"a\"\npath = \"{}\"\nservice = \"goals\"\n", bytes.pick(&PATTERNS));
    let path = |bytes: &mut Bytes<'_>| format!("/{}", bytes.text(&PATH_PIECES, 5));
    match bytes.below(4) {
        0 => {}
        1 => text += &format!("rewrite = \"{}\"\n", path(bytes)),
        2 => text += &format!("strip_prefix = \"/a\"\nadd_prefix = \"{}\"\n", path(bytes)),
        _ => text += &format!("add_prefix = \"{}\"\n", path(bytes)),
    }
    if bytes.below(2) == 1 {
        let value = bytes.text(&["a", "é", "&", "=", "#", " "], 3);
        text +=
            &format!("query_rewrite = {{ remove = [\"a\"], rename = {{ r = \"q{value}\" }}, set = {{ s = \"{value}\" }} }}\n");
    }
    let value = |bytes: &mut Bytes<'_>| bytes.text(&VALUE_PIECES, 4);
    let (set, add, remove) = (bytes.pick(&NAMES), bytes.pick(&NAMES), bytes.pick(&NAMES));
    match bytes.below(3) {
        0 => {}
        1 => text += &format!("request = {{ set = {{ {set} = \"{}\" }}, remove = [\"{remove}\"] }}\n", value(bytes)),
        _ => {
            text +=
                &format!("request = {{ set = {{ {set} = \"{}\" }}, add = {{ {add} = \"{}\" }} }}\n", value(bytes), value(bytes));
        }
    }
    text
}

fn check_address(entry: &RouteEntry, parts: &http::request::Parts, text: &str) {
    let Some(captures) = entry.pattern.captures(parts.uri.path()) else { return };
    let mut sent = parts.clone();
    match entry.rewrite.apply(&mut sent.uri, &captures) {
        Ok(()) => {}
        Err(ErrorCode::MalformedRequest) if matches!(entry.rewrite.path, PathRewrite::Template(_)) => return,
        Err(code) => panic!("{} cannot be rewritten: {code:?}\n{text}", parts.uri),
    }
    let (path, query) = (sent.uri.path().to_owned(), sent.uri.query().map(str::to_owned));
    let checked = shape::check(&mut sent, &Limits::default(), Transport::InProcess);
    assert!(checked.is_ok(), "{} became {path}, which has several meanings\n{text}", parts.uri);
    assert_eq!(sent.uri.path(), path, "{} was not in its one spelling\n{text}", parts.uri);
    if !entry.rewrite.query.is_empty() {
        let query = query.unwrap_or_default();
        let named = |name: &str| query.split('&').filter(|pair| pair.split('=').next() == Some(name)).count();
        assert_eq!((named("a"), named("r"), named("s")), (0, 0, 1), "{query}\n{text}");
    }
}

fn check_fields(entry: &RouteEntry, parts: &http::request::Parts, text: &str) {
    let Some(captures) = entry.pattern.captures(parts.uri.path()) else { return };
    let changes = &entry.request.headers;
    let mut headers: HeaderMap = parts.headers.clone();
    changes.apply(&mut headers, &Facts::example(parts.uri.path(), &captures));
    let named = |name: &http::HeaderName| {
        let mut templates = changes.set.iter().chain(&changes.add);
        changes.remove.contains(name) || templates.any(|(other, _)| other == name)
    };
    for (name, value) in &headers {
        assert!(!value.as_bytes().iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)), "{name}: {value:?}\n{text}");
    }
    for name in parts.headers.keys().chain(headers.keys()) {
        if named(name) {
            assert!(!is_reserved(name), "{name} is not a route's to change\n{text}");
        } else {
            let same = parts.headers.get_all(name).iter().eq(headers.get_all(name));
            assert!(same, "{name} was changed without being named\n{text}");
        }
    }
    for (name, _) in &changes.set {
        let lines = headers.get_all(name).iter().count();
        let added = changes.add.iter().filter(|(other, _)| other == name).count();
        assert!(lines <= 1 + added, "{name} is set {lines} times\n{text}");
    }
}
