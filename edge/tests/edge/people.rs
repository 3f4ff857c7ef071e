//! Who asks, for which tenant, in which language.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use banyan_edge::Peer;
use banyan_kernel::Uuid;

use crate::fixture::{FITTRACKER, UPCOACH, door, door_with, request};

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[tokio::test]
async fn a_token_is_verified_once_and_remembered() {
    let door = door();
    for _ in 0..5 {
        let answer = door.get_with("/api/v1/me", &[("authorization", "Bearer ada")]).await;
        assert_eq!(answer.json()["signedIn"], true);
    }
    assert_eq!(door.identity.verified.load(Ordering::SeqCst), 1);
    assert_eq!(door.get("/api/v1/me").await.json()["signedIn"], false);
}

#[tokio::test]
async fn a_remembered_token_dies_when_it_expires_or_is_revoked() {
    let door = door();
    let ask = || door.get_with("/api/v1/me", &[("authorization", "Bearer ada")]);
    assert_eq!(ask().await.status.as_u16(), 200);
    door.identity.people.lock().get_mut("ada").unwrap().revoked = true;
    assert_eq!(ask().await.problem(), (401, "invalid-token".into()));
    door.identity.people.lock().get_mut("ada").unwrap().revoked = false;
    assert_eq!(ask().await.status.as_u16(), 200);
    let before = door.identity.verified.load(Ordering::SeqCst);
    door.clock.advance_seconds(900);
    assert_eq!(ask().await.status.as_u16(), 200, "a token that outlives what was verified of it is verified anew");
    assert_eq!(door.identity.verified.load(Ordering::SeqCst), before + 1);
    *door.identity.ended.lock() = true;
    door.clock.advance_seconds(899);
    assert_eq!(ask().await.status.as_u16(), 200);
    door.clock.advance_seconds(1);
    assert_eq!(ask().await.problem(), (401, "token-expired".into()));
}

/// What a stream says until it ends; it must.
async fn read_to_its_end(body: Body) -> String {
    let read = tokio::time::timeout(std::time::Duration::from_secs(60), axum::body::to_bytes(body, 1 << 20));
    String::from_utf8(read.await.expect("the stream ends").unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn a_stream_ends_with_the_session_and_with_the_token() {
    let door = door();
    let open = async || {
        let request = request("GET", "/api/v1/endless", &[("authorization", "Bearer ada")], Body::empty());
        let mut body = door.edge.handle(request, Peer::in_process()).await.into_body();
        // It has begun, and goes on.
        let first = http_body_util::BodyExt::frame(&mut body).await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(&first[..], b"data: hello\n\n");
        let more = tokio::time::timeout(std::time::Duration::from_millis(1_500), http_body_util::BodyExt::frame(&mut body)).await;
        assert!(more.is_err(), "while the session goes on, so does the stream");
        body
    };
    let body = open().await;
    door.identity.people.lock().get_mut("ada").unwrap().revoked = true;
    assert_eq!(read_to_its_end(body).await, "");
    door.identity.people.lock().get_mut("ada").unwrap().revoked = false;
    let body = open().await;
    door.clock.advance_seconds(900);
    assert_eq!(read_to_its_end(body).await, "");
}

#[tokio::test]
async fn bad_credentials_are_told_how_to_do_it() {
    let door = door();
    for bad in ["Bearer forged", "Bearer", "Bearer  ", "Basic YWRhOmFkYQ==", "ada", "Bearer a b"] {
        let answer = door.get_with("/api/v1/me", &[("authorization", bad)]).await;
        assert_eq!(answer.problem(), (401, "invalid-token".into()), "{bad}");
        assert!(answer.header("www-authenticate").starts_with("Bearer error=\"invalid_token\""), "{bad}");
    }
    let twice = door.get_with("/api/v1/me", &[("authorization", "Bearer ada"), ("authorization", "Bearer fay")]).await;
    assert_eq!(twice.status.as_u16(), 401);
    assert_eq!(door.get_with("/health", &[("authorization", "Bearer forged")]).await.status.as_u16(), 200, "probes ask nobody");
}

#[tokio::test]
async fn the_tenant_comes_from_host_then_header_then_credential_then_default() {
    let door = door();
    let tenant =
        async |headers: &[(&str, &str)]| door.get_with("/api/v1/me", headers).await.json()["tenant"].as_str().unwrap().to_owned();
    let (up, fit) = (UPCOACH.to_string(), FITTRACKER.to_string());
    assert_eq!(tenant(&[]).await, "upcoach");
    assert_eq!(tenant(&[("authorization", "Bearer fay")]).await, "fittracker");
    assert_eq!(tenant(&[("x-tenant", "fittracker")]).await, "fittracker");
    assert_eq!(tenant(&[("x-tenant", " FitTracker ")]).await, "fittracker");
    assert_eq!(tenant(&[("x-tenant", &fit)]).await, "fittracker");
    for host in ["fittracker.localhost", "FitTracker.localhost:3000", "fittracker.example.org", "fittracker.localhost."] {
        assert_eq!(tenant(&[("host", host)]).await, "fittracker", "{host}");
    }
    for host in ["localhost", "localhost:3000", "127.0.0.1:3000", "[::1]:3000", "www.example.org", "api.localhost", "banyan"] {
        assert_eq!(tenant(&[("host", host)]).await, "upcoach", "{host}");
    }
    let agreed = [("host", "upcoach.localhost"), ("x-tenant", up.as_str()), ("authorization", "Bearer ada")];
    assert_eq!(tenant(&agreed).await, "upcoach");
}

#[tokio::test]
async fn where_two_disagree_nobody_gets_in() {
    let door = door();
    let ada = bearer("ada");
    for headers in [
        vec![("host", "fittracker.localhost"), ("x-tenant", "upcoach")],
        vec![("host", "fittracker.localhost"), ("authorization", ada.as_str())],
        vec![("x-tenant", "fittracker"), ("authorization", ada.as_str())],
        vec![("host", "upcoach.localhost"), ("x-tenant", "upcoach"), ("authorization", "Bearer fay")],
    ] {
        let answer = door.get_with("/api/v1/me", &headers).await;
        assert_eq!(answer.problem(), (401, "tenant-mismatch".into()), "{headers:?}");
        assert!(answer.headers.contains_key("www-authenticate"), "{headers:?}");
    }
    let gone = door.get_with("/api/v1/me", &[("authorization", "Bearer ghost")]).await;
    assert_eq!(gone.problem(), (401, "invalid-token".into()));
}

#[tokio::test]
async fn an_unknown_tenant_is_not_found() {
    let door = door_with(|settings| settings.base_domains.push("banyan.example".into()));
    let unknown = Uuid::from_u128(77).to_string();
    for header in [
        ("x-tenant", "nobody"),
        ("x-tenant", unknown.as_str()),
        ("x-tenant", ""),
        ("host", "nobody.localhost"),
        ("host", "nobody.banyan.example:8443"),
    ] {
        assert_eq!(door.get_with("/api/v1/me", &[header]).await.problem(), (404, "not-found".into()), "{header:?}");
    }
    for host in ["a b.localhost", "<script>", "a/b"] {
        assert_eq!(door.get_with("/api/v1/me", &[("host", host)]).await.problem(), (400, "malformed-request".into()), "{host}");
    }
}

#[tokio::test]
async fn a_changed_language_counts_in_the_next_answer() {
    let door = door();
    let language =
        async |path: &str, headers: &[(&str, &str)]| door.get_with(path, headers).await.header("content-language").to_owned();
    let ada = [("authorization", "Bearer ada"), ("accept-language", "en-US"), ("cookie", "locale=en-US")];
    assert_eq!(language("/api/v1/greeting", &ada).await, "en-US");
    door.identity.people.lock().get_mut("ada").unwrap().language = Some(Arc::from("id-ID"));
    assert_eq!(language("/api/v1/greeting", &ada).await, "id-ID");
    assert_eq!(language("/api/v1/greeting?page=1&lang=en", &ada).await, "en-US", "asked for in so many words");
    assert_eq!(language("/api/v1/greeting?locale=id", &[]).await, "id-ID");
    assert_eq!(language("/api/v1/greeting", &[("accept-language", "fr, id;q=0.5, en;q=0.4")]).await, "id-ID");
    assert_eq!(language("/api/v1/greeting", &[("accept-language", "fr"), ("accept-language", "id")]).await, "id-ID");
    for hopeless in ["xx", "", ";;;", "*;q=0"] {
        assert_eq!(language("/api/v1/greeting", &[("accept-language", hopeless)]).await, "en-US", "{hopeless}");
    }
    let by_cookie = door.get_with("/api/v1/greeting", &[("cookie", "locale=id-ID")]).await;
    assert!(by_cookie.header("cache-control").contains("private"), "a shared cache cannot see the choice");
}

#[tokio::test]
async fn problems_are_worded_in_the_callers_language() {
    let door = door();
    let english = door.get("/nothing").await.json();
    let indonesian = door.get_with("/nothing", &[("accept-language", "id-ID")]).await.json();
    assert_eq!(english["code"], indonesian["code"]);
    assert_ne!(english["title"], indonesian["title"]);
    door.identity.people.lock().get_mut("ada").unwrap().language = Some(Arc::from("id-ID"));
    let hers = door.send("DELETE", "/api/v1/things/1", &[("authorization", "Bearer ada")], Body::empty()).await;
    assert_eq!(hers.problem(), (403, "forbidden".into()));
    assert_eq!(hers.header("content-language"), "id-ID");
    assert!(hers.header("cache-control").contains("private"));
}

#[tokio::test]
async fn operators_read_services_with_their_credential() {
    let door = door();
    for token in ["root", "ada"] {
        let answer = door.get_with("/services", &[("authorization", &bearer(token))]).await;
        assert_eq!(answer.json()["services"][0]["instances"][0]["address"], "in-process");
    }
    assert_eq!(door.get_with("/services", &[("authorization", "Bearer forged")]).await.status.as_u16(), 401);
}
