//! Routes of a file, seen from outside and from the upstream.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use banyan_edge::{Known, RouteFile};
use banyan_mesh::caller::Verifier;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{Answer, Door, door, door_with, secret, serve};

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
async fn an_upstream_hears_who_asks_and_from_where_and_nothing_forged() {
    let door = with_routes(OPEN).await;
    let forged = [
        ("banyan-caller", "root"),
        ("signature", "x"),
        ("signature-input", "x"),
        ("x-banyan-tenant", "x"),
        ("x-user-id", "1"),
        ("x_user_id", "1"),
        ("banyan_caller", "1"),
        ("x-forwarded-for", "6.6.6.6"),
        ("x-forwarded-host", "evil.example"),
        ("x-real-ip", "6.6.6.6"),
        ("forwarded", "for=6.6.6.6"),
        ("connection", "close, x-mine"),
        ("x-mine", "1"),
        ("te", "trailers"),
        ("proxy-authorization", "x"),
        ("expect", "100-continue"),
        ("host", "shop.example.org:8080"),
        ("authorization", "Basic YTpi"),
        ("x-request-id", "mine"),
        ("x-fine", "1"),
    ];
    let answer = door.get_with("/x", &forged).await;
    let asked = answer.json();
    for gone in [
        "x-banyan-tenant",
        "x-user-id",
        "x_user_id",
        "banyan_caller",
        "x-mine",
        "te",
        "proxy-authorization",
        "expect",
        "connection",
    ] {
        assert_eq!(header(&asked, gone), "", "{gone}");
    }
    for (name, value) in [
        ("x-forwarded-for", "127.0.0.1"),
        ("x-real-ip", "127.0.0.1"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", "shop.example.org:8080"),
        ("forwarded", "for=127.0.0.1;proto=http;host=\"shop.example.org:8080\""),
        ("via", "1.1 banyan"),
        ("host", "shop.example.org:8080"),
        ("authorization", "Basic YTpi"),
        ("x-fine", "1"),
    ] {
        assert_eq!(header(&asked, name), value, "{name}");
    }
    assert_eq!(header(&asked, "x-request-id"), answer.header("x-request-id"));
    assert_eq!(header(&asked, "traceparent"), answer.header("traceparent"));
    for gone in ["server", "x-powered-by", "x-hop", "connection", "access-control-allow-origin"] {
        assert_eq!(answer.header(gone), "", "{gone}");
    }
    assert_eq!((answer.header("x-kept"), answer.header("x-content-type-options")), ("1", "nosniff"));
}

#[tokio::test]
async fn an_upstream_can_believe_who_asks() {
    let door = with_routes(&OPEN.replace("public", "optional")).await;
    for (token, subject) in [(None, None), (Some("Bearer ada"), Some("00000000-0000-0000-0000-000000000007"))] {
        let mut headers = vec![("banyan-caller", "forged"), ("signature", "banyan=:Zm9yZ2Vk:"), ("accept-language", "id-ID")];
        headers.extend(token.map(|token| ("authorization", token)));
        let answer = door.get_with("/a/b?c=d", &headers).await.json();
        let mut headers = axum::http::HeaderMap::new();
        for (name, value) in answer["headers"].as_object().unwrap() {
            headers
                .insert(axum::http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.as_str().unwrap().parse().unwrap());
        }
        let verifier = Verifier::new("legacy", &[secret()], std::sync::Arc::new(door.clock.clone()));
        let verified = verifier.verify(&axum::http::Method::GET, &"/a/b?c=d".parse().unwrap(), &headers).unwrap();
        assert_eq!(verified.caller.subject.map(|id| id.to_string()).as_deref(), subject);
        assert_eq!((verified.caller.tenant, verified.caller.locale.as_deref()), (Some(crate::fixture::UPCOACH), Some("id-ID")));
    }
}

#[tokio::test]
async fn a_trusted_proxy_is_one_link_of_the_chain() {
    let door = door_with(|settings| settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]);
    apply(&door, serve(Router::new().fallback(echo)).await, OPEN);
    let said = [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "shop.example.org")];
    let asked = door.get_with("/x", &said).await.json();
    assert_eq!(header(&asked, "x-forwarded-for"), "203.0.113.9, 127.0.0.1");
    assert_eq!((header(&asked, "x-real-ip"), header(&asked, "x-forwarded-proto")), ("203.0.113.9", "https"));
    assert_eq!(header(&asked, "x-forwarded-host"), "shop.example.org");
}

#[tokio::test]
async fn who_may_is_asked_at_the_door() {
    let door = with_routes(
        r#"
        [[routes]]
        name = "usual"
        path = "/usual"
        upstream = "legacy"
        [[routes]]
        name = "admins"
        path = "/admins"
        upstream = "legacy"
        auth = { role = "admin" }
        [[routes]]
        name = "readers"
        path = "/readers"
        service = "toy"
        rewrite = "/api/v1/me"
        auth = { permission = "users.read" }
        [[routes]]
        name = "passed"
        path = "/passed"
        upstream = "legacy"
        authorization = "pass"
        "#,
    )
    .await;
    let ada = [("authorization", "Bearer ada")];
    let root = [("authorization", "Bearer root")];
    for path in ["/usual", "/admins", "/readers", "/passed"] {
        let answer = door.get(path).await;
        assert_eq!(answer.problem(), (401, "unauthenticated".into()), "{path}");
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{path}");
        let forged = door.get_with(path, &[("authorization", "Bearer forged")]).await;
        assert_eq!(forged.problem(), (401, "invalid-token".into()), "{path}");
    }
    assert_eq!(header(&door.get_with("/usual", &ada).await.json(), "authorization"), "", "our token is nothing for others");
    assert_eq!(header(&door.get_with("/passed", &ada).await.json(), "authorization"), "Bearer ada");
    let key = [("x-api-key", "ada")];
    let asked = door.get_with("/usual", &key).await.json();
    assert_eq!((header(&asked, "x-api-key"), header(&asked, "authorization")), ("", ""), "nor is a key");
    assert_eq!(header(&door.get_with("/passed", &key).await.json(), "x-api-key"), "ada");
    assert_eq!(door.get_with("/usual", &[("x-api-key", "forged")]).await.problem(), (401, "invalid-token".into()));
    let refused = door.get_with("/admins", &ada).await;
    assert_eq!(refused.problem(), (403, "forbidden".into()));
    assert!(refused.header("www-authenticate").contains("insufficient_scope"));
    assert_eq!(door.get_with("/admins", &root).await.status, StatusCode::OK);
    assert_eq!(door.get_with("/readers", &ada).await.problem().0, 403);
    assert_eq!(door.get_with("/readers", &root).await.json()["tenant"], "upcoach");
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
async fn fixed_answers_come_from_the_door() {
    let door = with_routes(
        r#"
        [[routes]]
        name = "moved"
        path = "/old/{*rest}"
        redirect = "/new/{rest}"
        [[routes]]
        name = "elsewhere"
        path = "/away"
        redirect = { to = "https://shop.example.org/{tenant}", status = 302, query = "drop" }
        [[routes]]
        name = "closed"
        path = "/closed"
        respond = { status = 503, json = { closed = true } }
        response = { set = { retry-after = "60" } }
        "#,
    )
    .await;
    let moved = door.get("/old/a/b?x=1").await;
    assert_eq!((moved.status.as_u16(), moved.header("location")), (308, "/new/a/b?x=1"));
    let away = door.get("/away?x=1").await;
    assert_eq!((away.status.as_u16(), away.header("location")), (302, "https://shop.example.org/upcoach"));
    let closed = door.get("/closed").await;
    assert_eq!((closed.status.as_u16(), closed.json(), closed.header("retry-after")), (503, json!({ "closed": true }), "60"));
    assert_eq!(closed.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn methods_versions_and_ends_have_their_answers() {
    let door = with_routes(
        r#"
        [[routes]]
        name = "one"
        path = "/things"
        methods = ["GET", "POST"]
        version = 1
        upstream = "legacy"
        auth = "public"
        add_prefix = "/one"
        deprecated = "2023-01-01"
        sunset = "2024-06-01"
        deprecation_link = "https://example.org/two"
        [[routes]]
        name = "two"
        path = "/things"
        methods = ["GET", "POST"]
        version = 2
        upstream = "legacy"
        auth = "public"
        add_prefix = "/two"
        [[routes]]
        name = "over"
        path = "/over"
        upstream = "legacy"
        auth = "public"
        retired = "2024-01-01"
        "#,
    )
    .await;
    let asked = |version: &'static str| {
        let door = &door;
        async move { door.get_with("/things", &[("api-version", version)]).await }
    };
    let one = asked("1").await;
    assert_eq!((one.json()["uri"].as_str(), one.header("api-version")), (Some("/one/things"), "v1"));
    assert_eq!((one.header("deprecation"), one.header("sunset")), ("@1672531200", "Sat, 01 Jun 2024 00:00:00 GMT"));
    assert!(one.header("link").contains("rel=\"deprecation\""));
    assert_eq!(asked("v2").await.json()["uri"], "/two/things");
    assert_eq!(door.get("/things").await.json()["uri"], "/two/things", "the newest, for who asks for none");
    assert_eq!(door.get_with("/things", &[("accept", "application/json; version=1")]).await.json()["uri"], "/one/things");
    assert_eq!(asked("3").await.problem(), (404, "not-found".into()));
    assert_eq!(asked("0").await.problem(), (410, "unsupported-version".into()));
    let refused = door.send("DELETE", "/things", &[], Body::empty()).await;
    assert_eq!((refused.problem(), refused.header("allow")), ((405, "method-not-allowed".into()), "GET,HEAD,POST"));
    let options = door.send("OPTIONS", "/things", &[], Body::empty()).await;
    assert_eq!((options.status.as_u16(), options.header("allow")), (204, "GET,HEAD,POST"));
    assert_eq!(door.send("HEAD", "/things", &[], Body::empty()).await.status.as_u16(), 200);
    assert_eq!(door.get("/over").await.problem(), (410, "gone".into()));
}

#[tokio::test]
async fn a_route_has_its_own_origins_and_sizes() {
    let door = with_routes(
        r#"
        [[routes]]
        name = "own"
        path = "/own"
        upstream = "legacy"
        auth = "public"
        body_limit = "10B"
        security_headers = "upstream"
        cors = { origins = ["https://a.example"], credentials = "allow", methods = ["PUT"], max_age = "1m" }
        "#,
    )
    .await;
    let asks = [("origin", "https://a.example"), ("access-control-request-method", "PUT")];
    let preflight = door.send("OPTIONS", "/own", &asks, Body::empty()).await;
    assert_eq!(preflight.status.as_u16(), 204);
    for (name, value) in [
        ("access-control-allow-origin", "https://a.example"),
        ("access-control-allow-methods", "PUT"),
        ("access-control-max-age", "60"),
        ("access-control-allow-credentials", "true"),
    ] {
        assert_eq!(preflight.header(name), value, "{name}");
    }
    let answer = door.get_with("/own", &[("origin", "https://a.example")]).await;
    assert_eq!(answer.header("access-control-allow-origin"), "https://a.example");
    assert_eq!((answer.header("content-security-policy"), answer.header("server")), ("", ""));
    let other = door.get_with("/own", &[("origin", "https://b.example")]).await;
    assert_eq!(other.header("access-control-allow-origin"), "");
    assert_eq!(door.send("POST", "/own", &[], Body::from("x".repeat(11))).await.problem().0, 413);
    assert_eq!(door.send("POST", "/own", &[], Body::from("x".repeat(10))).await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_full_route_says_when_to_come_back() {
    let door = with_routes(
        "[[routes]]\nname = \"slow\"\npath = \"/slow\"\nservice = \"toy\"\nrewrite = \"/api/v1/slow\"\nconcurrency = 1\n",
    )
    .await;
    let edge = door.edge.clone();
    let first = tokio::spawn(async move {
        let request = crate::fixture::request("GET", "/slow", &[], Body::empty());
        Answer::of(edge.handle(request, banyan_edge::Peer::in_process()).await).await
    });
    door.begun.notified().await;
    let full = door.get("/slow").await;
    assert_eq!((full.problem(), full.header("retry-after")), ((503, "overloaded".into()), "1"));
    apply(
        &door,
        NOBODY,
        "[[routes]]\nname = \"slow\"\npath = \"/slow\"\nservice = \"toy\"\nrewrite = \"/api/v1/slow\"\nconcurrency = 1\npriority = 1\n",
    );
    assert_eq!(door.get("/slow").await.problem().0, 503, "a reload does not forget who is there");
    door.release.notify_one();
    assert_eq!(first.await.unwrap().text(), "at last");
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

#[test]
fn what_is_matched_is_what_is_forwarded() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let door = runtime.block_on(with_routes(OPEN));
    let paths = "/(%[0-9a-fA-F]{2}|[ab./;\\\\%]|%2[fFeE5]|\\.\\.|//){0,8}";
    proptest!(ProptestConfig::with_cases(400), |(path in paths, query in "(\\?[a&=%;]{0,5})?")| {
        let Ok(uri) = format!("{path}{query}").parse::<axum::http::Uri>() else { return Ok(()) };
        let answer = runtime.block_on(door.get(&uri.to_string()));
        if answer.status.as_u16() == 400 {
            return Ok(());
        }
        prop_assert_eq!(answer.status.as_u16(), 200, "{}", path);
        if answer.header("content-type") != "application/json" {
            return Ok(()); // A page of the door itself.
        }
        let seen = answer.json()["uri"].as_str().unwrap_or_default().to_owned();
        let seen = seen.split('?').next().unwrap().to_owned();
        // However often somebody decodes it, it names the same place.
        let once = decoded(&seen);
        prop_assert_eq!(decoded(&once).matches('/').count(), seen.matches('/').count(), "{}", seen);
        prop_assert!(!once.split('/').any(|segment| segment == "." || segment == ".."), "{}", seen);
        prop_assert!(!once.contains(['\\', '\0', ';']) && !seen[1..].contains("//"), "{}", seen);
        let again = runtime.block_on(door.get(&seen));
        let again = again.json()["uri"].as_str().unwrap_or_default().to_owned();
        prop_assert_eq!(again, seen, "the spelling is its own");
    });
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let byte = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn no_header_of_a_request_injects_another() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let door = runtime.block_on(with_routes(
        "[[routes]]\nname = \"a\"\npath = \"/a/{id}\"\nupstream = \"legacy\"\nauth = \"public\"\nrequest = { set = { x-copy = \"{id} {host} {path}\" } }\nresponse = { set = { x-copy = \"{id} {host}\" } }\n",
    ));
    proptest!(ProptestConfig::with_cases(200), |(id in "[!-.0-~]{1,20}|(%0[aAdD]|[a-z]){1,6}", host in "[!-~]{0,20}")| {
        let Ok(uri) = format!("/a/{id}").parse::<axum::http::Uri>() else { return Ok(()) };
        let Ok(value) = axum::http::HeaderValue::from_str(&host) else { return Ok(()) };
        let mut request = crate::fixture::request("GET", "/", &[], Body::empty());
        *request.uri_mut() = uri;
        request.headers_mut().insert("host", value);
        let answer = runtime.block_on(async { Answer::of(door.edge.handle(request, banyan_edge::Peer::in_process()).await).await });
        if answer.status.as_u16() == 200 && answer.header("content-type") == "application/json" {
            let asked = answer.json();
            prop_assert!(header(&asked, "x-copy").bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
            prop_assert_eq!(header(&asked, "x-injected"), "");
        }
    });
}
