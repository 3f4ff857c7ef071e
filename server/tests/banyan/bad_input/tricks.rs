//! Tricks below HTTP's words, against the whole program. The door's own tests have more of them; none of these reaches a database.

use serde_json::json;

use super::Scene;
use crate::harness::Place;
use crate::wire::{Request, Wire};

#[test]
fn paths_with_two_meanings_are_refused() {
    let place = Place::sqlite();
    let mut scene = Scene::set(&place);
    let token = scene.token.clone();
    for path in [
        "//api/v1/goals",
        "/api/v1//goals",
        "/api/v1/./goals",
        "/api/v1/content/../goals",
        "/api/v1/%2e%2e/v1/goals",
        "/api/v1/goals%00",
        "/api/v1/goals%2f",
        "/api%2fv1%2fgoals",
        "/api\\v1\\goals",
        "/api/v1/goals;a=b/../tasks",
        "/api/v1/%ff",
        "/api/v1/%",
        "/api/v1/%zz",
        "/..%5c..%5cetc%5cpasswd",
    ] {
        scene.refuses(path, &Request::get(path).token(&token), &[400, 404]);
    }
    for path in [
        "/api/v1/goals/",
        "/API/v1/goals",
        "/api/v1/goals.json",
        "/.env",
        "/data/keys/master.key",
        "/docs/../keys",
        "/metrics",
        "/api/v2/goals",
    ] {
        scene.refuses(path, &Request::get(path).token(&token), &[400, 404]);
    }
    for method in ["TRACE", "CONNECT", "PROPFIND", "get", "PUT"] {
        scene.refuses(method, &Request::new(method, "/api/v1/goals").token(&token), &[400, 405, 501]);
    }
    scene.refuses(
        "a long address",
        &Request::get(&format!("/api/v1/goals?category={}", "a".repeat(20_000))).token(&token),
        &[414],
    );
    scene.close(20);
}

#[test]
fn floods_of_header_fields_are_refused() {
    let place = Place::sqlite();
    let mut scene = Scene::set(&place);
    let url = scene.server.url.clone();
    for fields in [101_usize, 1_000, 20_000] {
        let flood = (0..fields).fold(Request::get("/api/v1/goals"), |request, at| request.header(&format!("x-{at}"), "1"));
        assert_eq!(Wire::to(&url).ask(&flood).status, 431, "{fields} fields");
    }
    for bytes in [20_000, 2_000_000] {
        let flood = Request::get("/api/v1/goals").header("cookie", &"a".repeat(bytes));
        assert_eq!(Wire::to(&url).ask(&flood).status, 431, "{bytes} bytes");
    }
    let token = scene.token.clone();
    scene.takes("others are served meanwhile", &Request::get("/api/v1/goals").token(&token), 200);
    scene.close(1);
}

#[test]
fn requests_with_two_ends_are_refused_and_no_second_one_is_heard() {
    let place = Place::sqlite();
    let mut scene = Scene::set(&place);
    let body = json!({ "title": "Smuggled" }).to_string();
    let hidden = format!(
        "POST /api/v1/goals HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        scene.token,
        body.len()
    );
    for framing in [
        "content-length: 6\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 6\r\n",
        "content-length: 0\r\ncontent-length: 300\r\n",
        "transfer-encoding: xchunked\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "content-length: -1\r\n",
    ] {
        let head = format!(
            "POST /api/v1/auth/login HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{framing}\r\n0\r\n\r\n"
        );
        let reply = Wire::to(&scene.server.url).raw(format!("{head}{hidden}").as_bytes(), false).unwrap();
        assert_eq!(reply.status, 400, "{framing:?}: {reply:?}");
        assert_eq!(reply.header("connection"), "close", "{framing:?}");
        scene.attempts += 1;
    }
    // No goal was smuggled in.
    scene.close(6);
}
