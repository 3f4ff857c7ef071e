//! Bodies that are no JSON, other JSON than was asked for, or too much of it.

use serde_json::{Value, json};

use super::calls::{BodyOf, Call, Field, calls};
use super::{Scene, speaks_anothers_protocol};
use crate::harness::{Place, on_both_engines};
use crate::wire::Request;

const UNREADABLE: &[u16] = &[400];
const UNFIT: &[u16] = &[400, 422];

on_both_engines! {
    fn every_call_refuses_bodies_that_it_cannot_take(place: Place) {
        let mut scene = Scene::set(&place);
        for call in &calls(&place) {
            let Some(body) = &call.body else { continue };
            // A provider shows first who it is, by a signature over its body: until then nobody looks into that.
            if call.pattern.starts_with("/api/v1/notifications/bounces/") || speaks_anothers_protocol(&call.pattern) {
                continue;
            }
            not_json(&mut scene, call, body);
            other_json(&mut scene, call, body);
            for field in &body.fields {
                wrong_values(&mut scene, call, body, field);
            }
        }
        scene.close(1_200);
    }

    fn bodies_beyond_the_limit_are_refused(place: Place) {
        let mut scene = Scene::set(&place);
        let large = format!("{{\"content\":\"{}\"}}", "a".repeat(10_000_000));
        for path in ["/api/v1/content/journal", "/api/v1/goals", "/api/v1/auth/login", "/api/v1/nothing"] {
            let request = Request::new("POST", path).header("content-type", "application/json").token(&scene.token);
            scene.refuses(&format!("{path}: 10 MB"), &request.clone().bytes(large.clone()), &[413, 404]);
            let chunks = large.as_bytes().chunks(65_536).map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
            let chunked = [chunks.collect::<Vec<_>>().concat(), b"0\r\n\r\n".to_vec()].concat();
            scene.refuses(&format!("{path}: 10 MB in pieces"), &request.header("transfer-encoding", "chunked").pieces(chunked), &[413, 404]);
        }
        scene.close(8);
    }
}

fn send(scene: &mut Scene<'_>, call: &Call, what: &str, bytes: impl Into<Vec<u8>>, statuses: &[u16]) {
    let request = Request::new(&call.method, &scene.path(&call.pattern)).header("content-type", "application/json");
    let request = scene.may(&call.pattern, request);
    scene.refuses(&format!("{}: {what}", call.name()), &request.bytes(bytes), statuses);
}

fn not_json(scene: &mut Scene<'_>, call: &Call, body: &BodyOf) {
    let deep = |open: &str, times: usize| open.repeat(times);
    let texts: [(&str, Vec<u8>); 14] = [
        ("half a document", b"{\"a\":".to_vec()),
        ("two documents", b"{} {}".to_vec()),
        ("a word", b"hello".to_vec()),
        ("a form", b"a=b&c=d".to_vec()),
        ("NaN", b"{\"a\":NaN}".to_vec()),
        ("a trailing comma", b"{\"a\":1,}".to_vec()),
        ("a comment", b"{} // no".to_vec()),
        ("bytes that are not UTF-8", b"{\"a\":\"\xff\xfe\"}".to_vec()),
        ("half a surrogate", br#"{"a":"\ud800"}"#.to_vec()),
        ("a raw control character", b"{\"a\":\"\x00\"}".to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("deep lists", deep("[", 100_000).into_bytes()),
        ("deep objects", deep("{\"a\":", 20_000).into_bytes()),
        ("deep lists that end", [deep("[", 5_000), deep("]", 5_000)].concat().into_bytes()),
    ];
    for (what, bytes) in texts {
        send(scene, call, what, bytes, UNREADABLE);
    }
    if !body.optional {
        send(scene, call, "nothing", "", UNREADABLE);
    }
    for media in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "json",
    ] {
        let request = Request::new(&call.method, &scene.path(&call.pattern)).header("content-type", media).bytes("{}");
        let request = scene.may(&call.pattern, request);
        scene.refuses(&format!("{}: {media}", call.name()), &request, &[415]);
    }
}

fn other_json(scene: &mut Scene<'_>, call: &Call, body: &BodyOf) {
    for value in [json!(1), json!("text"), json!([]), json!([{}]), json!(true), json!({ "nobodyKnowsThis": 1 })] {
        send(scene, call, &value.to_string(), value.to_string(), UNFIT);
    }
    if !body.optional {
        send(scene, call, "null", "null", UNFIT);
    }
    let mut more = body.example.clone();
    more.insert("nobodyKnowsThis".to_owned(), json!("x"));
    send(scene, call, "one field too many", Value::from(more).to_string(), &[422]);
    if let Some(field) = body.fields.first() {
        let twice = format!("{{{0}:\"a\",{0}:\"b\"}}", Value::from(field.name.as_str()));
        send(scene, call, "a field twice", twice, UNFIT);
    }
}

/// In an otherwise good body one field has what it cannot have.
fn wrong_values(scene: &mut Scene<'_>, call: &Call, body: &BodyOf, field: &Field) {
    let of_types = [
        ("string", json!("text")),
        ("number", json!(1.5)),
        ("boolean", json!(true)),
        ("array", json!([["deep"]])),
        ("object", json!({ "a": { "b": 1 } })),
    ];
    let takes = |kind: &str| field.types.contains(kind);
    let mut values: Vec<Value> = of_types.into_iter().filter(|(kind, _)| !takes(kind)).map(|(_, value)| value).collect();
    if !takes("null") && body.fields.iter().any(|known| known.name == field.name) && body.example.contains_key(&field.name) {
        values.push(Value::Null);
    }
    if takes("string") {
        // No field may hold a character that PostgreSQL cannot store, and none a megabyte.
        values.extend([json!("a\u{0}b"), json!("\u{7f}\u{1b}[2J"), json!("x".repeat(100_000))]);
    }
    if takes("number") || takes("integer") {
        values.extend([json!(1e300), json!(-1e300), json!(u64::MAX), json!(i64::MIN)]);
    }
    if takes("array") {
        values.extend([json!([null]), json!(vec!["x"; 5_000]), json!([["x", "y"]])]);
    }
    if takes("object") {
        values.push(json!({ "nobodyKnowsThis": 1 }));
    }
    for value in values {
        let mut whole = body.example.clone();
        whole.insert(field.name.clone(), value.clone());
        let what = format!("`{}` is {}", field.name, value.to_string().chars().take(40).collect::<String>());
        // Any text may be tried as a password; it is a wrong one.
        let statuses: &[u16] = match (call.pattern.as_str(), field.name.as_str()) {
            ("/api/v1/auth/login", _) | ("/api/v1/users/erasure", "password") => &[400, 401, 422],
            // The data of an event may be anything; the event is not there.
            ("/api/v1/admin/services/{service}/dead-letters/{id}", "data") => &[400, 403, 422],
            // Long texts are what it is for; the draft is not there.
            ("/api/v1/admin/legal/{kind}/versions/{number}/texts/{locale}", "text") => &[400, 404, 422],
            _ => UNFIT,
        };
        // What others export may have more members than we know: this is an import of nothing.
        if (call.pattern.as_str(), field.name.as_str()) == ("/api/v1/admin/flag-import", "data") && value.is_object() {
            continue;
        }
        if may_be_anything(&call.pattern, &field.name)
            || may_be_any_object(&call.pattern, &field.name) && (value.is_object() || value.is_null())
        {
            continue;
        }
        send(scene, call, &what, Value::from(whole).to_string(), statuses);
    }
}

/// What people say to one another, or keep.
fn may_be_anything(pattern: &str, field: &str) -> bool {
    match field {
        "data" => ["/api/v1/realtime/publish", "/api/v1/realtime/broadcast"].contains(&pattern),
        "value" => pattern.starts_with("/api/v1/context/sessions/{id}/items"),
        _ => false,
    }
}

/// What clients keep for themselves.
fn may_be_any_object(pattern: &str, field: &str) -> bool {
    pattern.starts_with("/api/v1/context/") && ["custom", "detail"].contains(&field)
}
