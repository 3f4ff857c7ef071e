//! Routes of a file, seen from outside and from the upstream.

mod answers;
mod callers;
mod properties;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use banyan_edge::{Known, RouteFile};
use serde_json::{Value, json};

use crate::fixture::{Door, door, serve};

/// An upstream that says what it was asked.
async fn echo(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, 1 << 24).await else { return StatusCode::BAD_REQUEST.into_response() };
    let headers: serde_json::Map<String, Value> = parts
        .headers
        .keys()
        .map(|name| {
            let lines: Vec<&str> = parts.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
            (name.to_string(), lines.join(" | ").into())
        })
        .collect();
    let said = [
        ("server", "legacy/1.0"),
        ("x-powered-by", "steam"),
        ("connection", "x-hop"),
        ("x-hop", "1"),
        ("access-control-allow-origin", "*"),
        ("x-kept", "1"),
    ];
    let body = json!({
        "method": parts.method.as_str(),
        "uri": parts.uri.to_string(),
        "headers": headers,
        "body": String::from_utf8_lossy(&bytes),
    });
    (said, Json(body)).into_response()
}

fn known() -> Known {
    Known { services: ["toy".to_owned()].into(), ..Known::default() }
}

fn apply(door: &Door, upstream: SocketAddr, routes: &str) {
    let text = format!("[upstreams.legacy]\nendpoints = [\"http://{upstream}\"]\nstrip_headers = [\"x-user-*\"]\n{routes}");
    let file = RouteFile::parse(&text, &known()).unwrap_or_else(|faults| panic!("{faults:#?}"));
    door.edge.apply(file);
}

/// Where nobody listens.
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9);

/// A door with an upstream behind it.
async fn with_routes(routes: &str) -> Door {
    let door = door();
    apply(&door, serve(Router::new().fallback(echo)).await, routes);
    door
}

const OPEN: &str = "[[routes]]\nname = \"all\"\npath = \"/{*rest}\"\nupstream = \"legacy\"\nauth = \"public\"\n";

fn header<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer["headers"][name].as_str().unwrap_or_default()
}

#[tokio::test]
async fn what_no_service_has_goes_to_the_upstream() {
    let door = with_routes(OPEN).await;
    let answer = door.send("POST", "/shop/a%20b?x=1&y", &[("content-type", "text/plain")], Body::from("hello")).await;
    assert_eq!(answer.status, StatusCode::OK);
    let asked = answer.json();
    assert_eq!((&asked["method"], &asked["uri"], &asked["body"]), (&json!("POST"), &json!("/shop/a%20b?x=1&y"), &json!("hello")));
    assert_eq!(door.get("/api/v1/me").await.json()["tenant"], "upcoach", "a service's own path is more specific");
    assert_eq!(door.get("/api/me").await.json()["tenant"], "upcoach");
    assert_eq!(door.get("/health").await.json()["status"], "up");
    assert_eq!(door.get("/api/v0/me").await.json()["uri"], "/api/v0/me", "versions are Banyan's own affair");
}

#[tokio::test]
async fn a_feature_that_still_lives_elsewhere_is_taken_from_the_service() {
    let route = "[[routes]]\nname = \"me\"\npath = \"/api/v1/me\"\nupstream = \"legacy\"\nauth = \"public\"\n";
    let door = with_routes(route).await;
    assert_eq!(door.get("/api/v1/me").await.json()["uri"], "/api/v1/me");
    assert_eq!(door.get("/api/me").await.json()["tenant"], "upcoach", "another address, which the file does not name");
}

#[tokio::test]
async fn addresses_fields_and_bodies_are_changed_as_declared() {
    let door = with_routes(
        r#"
        [[routes]]
        name = "shop"
        path = "/shop/{id}/{*rest}"
        upstream = "legacy"
        auth = "public"
        rewrite = "/v2/{rest}/of/{id}"
        query_rewrite = { remove = ["debug"], rename = { q = "search" }, set = { from = "the door" } }
        host = "legacy.internal"
        [routes.request]
        set = { x-tenant-name = "{tenant}", x-shop = "{id}", x-user = "{user}", x-where = "{client_address}" }
        remove = ["cookie"]
        body = { template = { name = { "$" = "/user/name" }, kind = "person" } }
        [routes.response]
        set = { x-request = "{request_id}" }
        remove = ["x-kept"]
        body = { drop = ["/headers"], rename = { "/uri" = "/asked" } }
        "#,
    )
    .await;
    let answer = door
        .send(
            "POST",
            "/shop/7/a/b?q=x&debug=1",
            &[("content-type", "application/json"), ("cookie", "a=b"), ("accept-encoding", "gzip"), ("x-user", "forged")],
            Body::from(r#"{"user":{"name":"Ada"},"secret":1}"#),
        )
        .await;
    let asked = answer.json();
    assert_eq!(asked["asked"], "/v2/a/b/of/7?search=x&from=the%20door");
    assert_eq!(
        serde_json::from_str::<Value>(asked["body"].as_str().unwrap()).unwrap(),
        json!({ "kind": "person", "name": "Ada" })
    );
    assert!(asked.get("headers").is_none() && asked.get("uri").is_none());
    assert_eq!(answer.header("x-request"), answer.header("x-request-id"));
    assert_eq!(answer.header("x-kept"), "");
    let broken = door.send("POST", "/shop/7/a", &[("content-type", "application/json")], Body::from("{")).await;
    assert_eq!(broken.problem(), (400, "malformed-body".into()));
    let large = format!("\"{}\"", "x".repeat(70_000));
    let large = door.send("POST", "/shop/7/a", &[("content-type", "application/json")], Body::from(large)).await;
    assert_eq!(large.problem(), (413, "payload-too-large".into()));
}

#[tokio::test]
async fn header_values_reach_the_upstream() {
    let door = with_routes(
        "[[routes]]\nname = \"a\"\npath = \"/a/{id}\"\nupstream = \"legacy\"\nauth = \"optional\"\nstrip_prefix = \"/a\"\nadd_prefix = \"/b\"\nhost = \"legacy.internal\"\nrequest = { set = { x-id = \"{id}\", x-user = \"{user}\", x-tenant-name = \"{tenant}\" }, add = { x-more = \"{scheme}\" } }\n",
    )
    .await;
    let asked = door.get_with("/a/%0d%0a", &[]).await;
    assert_eq!(asked.problem().0, 400);
    let asked = door.get_with("/a/x%20y", &[("x-user", "forged"), ("x-more", "1")]).await.json();
    assert_eq!((header(&asked, "x-id"), header(&asked, "x-user")), ("x%20y", ""));
    assert_eq!((header(&asked, "x-tenant-name"), header(&asked, "x-more")), ("upcoach", "1 | http"));
    assert_eq!((asked["uri"].as_str(), header(&asked, "host")), (Some("/b/x%20y"), "legacy.internal"));
    let asked = door.get_with("/a/x", &[("authorization", "Bearer ada")]).await.json();
    assert_eq!(header(&asked, "x-user"), "00000000-0000-0000-0000-000000000007");
}

#[tokio::test]
async fn what_upstreams_could_read_differently_is_refused() {
    let door = with_routes(
        r#"
        [[routes]]
        name = "private"
        path = "/admin/{*rest}"
        upstream = "legacy"
        auth = { role = "admin" }
        [[routes]]
        name = "parameters"
        path = "/p/{*rest}"
        upstream = "legacy"
        auth = "public"
        path_parameters = "pass"
        [[routes]]
        name = "all"
        path = "/{*rest}"
        upstream = "legacy"
        auth = "public"
        "#,
    )
    .await;
    for path in ["/%61dmin/x", "/%61%64min/x", "/adm%69n/x", "/admin/%78"] {
        assert_eq!(door.get(path).await.problem().0, 401, "{path}: another spelling is the same path");
    }
    for path in [
        "//admin/x",
        "/./admin/x",
        "/x/../admin/x",
        "/x/%2e%2e/admin/x",
        "/%2e/admin/x",
        "/x%2f..%2fadmin",
        "/admin%2fx",
        "/x\\..\\admin/x",
        "/x%5cadmin",
        "/admin%00/x",
        "/%2561dmin/x",
        "/%25%36%31dmin/x",
        "/x%ff",
        "/admin;x/y",
        "/x;/../admin",
        "/admin%3bx/y",
        "/a%c0%afb",
        "/admin%0a/x",
        "/x/..;/admin/x",
    ] {
        assert_eq!(door.get(path).await.problem(), (400, "malformed-request".into()), "{path}");
    }
    assert_eq!(door.get("/p/a;b=c").await.json()["uri"], "/p/a;b=c");
    assert_eq!(door.get("/caf%c3%a9").await.json()["uri"], "/caf%C3%A9", "one spelling is matched and passed on");
}

#[tokio::test]
async fn a_route_to_nobody_says_so() {
    let door = door();
    apply(&door, NOBODY, OPEN);
    assert_eq!(door.get("/x").await.problem(), (503, "service-unavailable".into()));
}
