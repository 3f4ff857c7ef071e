//! What the door answers itself, and the bounds of a route.

use axum::body::Body;
use serde_json::json;

use super::{NOBODY, apply, with_routes};
use crate::fixture::Answer;

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
