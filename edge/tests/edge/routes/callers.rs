//! Who asks: what an upstream hears of it, and who may.

use axum::Router;
use axum::http::StatusCode;
use banyan_mesh::caller::Verifier;

use super::{OPEN, apply, echo, header, with_routes};
use crate::fixture::{door_with, secret, serve};

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
