//! Idempotency keys cover method, route, path, query and the very bytes of the body.

use std::sync::{Arc, Mutex};

use axum::routing::post;
use axum::{Extension, Router};
use banyan_http::{Idempotency, Once, Validate};
use banyan_store::idempotency::IdempotencyKey;
use http::Request;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::support::{Answer, post as post_request, send};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Note {
    #[expect(dead_code, reason = "only its bytes matter")]
    text: String,
}

impl Validate for Note {}

type Seen = Arc<Mutex<Vec<Option<IdempotencyKey>>>>;

async fn with_body(Extension(seen): Extension<Seen>, Once { key, .. }: Once<Note>) {
    seen.lock().unwrap().push(key);
}

async fn without_body(Extension(seen): Extension<Seen>, Idempotency(key): Idempotency) {
    seen.lock().unwrap().push(key);
}

async fn try_with(requests: Vec<Request<axum::body::Body>>) -> (Vec<Option<IdempotencyKey>>, Vec<Answer>) {
    let seen = Seen::default();
    let mut answers = Vec::new();
    for request in requests {
        let router = Router::new()
            .route("/notes/{id}", post(with_body))
            .route("/others/{id}", post(with_body))
            .route("/done/{id}", post(without_body))
            .layer(Extension(Arc::clone(&seen)));
        answers.push(send(router, request).await);
    }
    let keys = seen.lock().unwrap().clone();
    (keys, answers)
}

fn keyed(path: &str, key: &str, body: &'static str) -> Request<axum::body::Body> {
    let mut request = post_request(path, body);
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    request
}

#[tokio::test]
async fn equal_requests_have_equal_keys_and_others_do_not() {
    let (keys, _) = try_with(vec![
        keyed("/notes/1", "k", r#"{"text":"a"}"#),
        keyed("/notes/1", "k", r#"{"text":"a"}"#),
        keyed("/notes/1", "k", r#"{"text":"b"}"#),
        keyed("/notes/1", "k", r#"{ "text":"a"}"#),
        keyed("/notes/2", "k", r#"{"text":"a"}"#),
        keyed("/notes/1?x=1", "k", r#"{"text":"a"}"#),
        keyed("/others/1", "k", r#"{"text":"a"}"#),
        keyed("/notes/1", "l", r#"{"text":"a"}"#),
    ])
    .await;
    assert_eq!(keys.len(), 8);
    assert!(keys.iter().all(Option::is_some));
    assert_eq!(keys[0], keys[1]);
    for other in &keys[2..] {
        assert_ne!(keys[0], *other);
    }
}

#[tokio::test]
async fn without_the_header_there_is_no_key() {
    let (keys, _) = try_with(vec![post_request("/notes/1", r#"{"text":"a"}"#), post_request("/done/1", "")]).await;
    assert_eq!(keys, [None, None]);
}

#[tokio::test]
async fn calls_without_a_body_have_keys_too() {
    let (keys, _) = try_with(vec![keyed("/done/1", "k", ""), keyed("/done/1", "k", ""), keyed("/done/2", "k", "")]).await;
    assert!(keys[0].is_some());
    assert_eq!(keys[0], keys[1]);
    assert_ne!(keys[0], keys[2]);
}

#[tokio::test]
async fn bad_keys_are_named() {
    let mut twice = keyed("/done/1", "a", "");
    twice.headers_mut().append("idempotency-key", "b".parse().unwrap());
    let mut foreign = post_request("/done/1", "");
    foreign.headers_mut().insert("idempotency-key", http::HeaderValue::from_bytes("schlüssel".as_bytes()).unwrap());
    let long = "k".repeat(256);
    let (_, answers) = try_with(vec![
        keyed("/done/1", "", ""),
        keyed("/done/1", &long, ""),
        keyed("/done/1", "a b", ""),
        foreign,
        twice,
        keyed("/notes/1", "", r#"{"text":"a"}"#),
    ])
    .await;
    let found: Vec<String> = answers.iter().map(|answer| answer.bad_fields().join(",")).collect();
    let expected = ["too-short", "too-long", "invalid-pattern", "invalid-pattern", "duplicate", "too-short"]
        .map(|code| format!("idempotency-key {code}"));
    assert_eq!(found, expected);
    let (keys, _) = try_with(vec![keyed("/done/1", &"k".repeat(255), "")]).await;
    assert!(keys[0].is_some());
}
