//! Signing keys: published, rotated, kept.

use banyan_identity::Identity;
use banyan_kernel::ErrorCode;
use banyan_testkit::on_both_engines;
use http::StatusCode;
use serde_json::Value;

use crate::support::{Desk, PASSWORD, Person};

async fn key_ids(desk: &Desk) -> Vec<String> {
    let answer = desk.app.get(&desk.nobody(), "/.well-known/jwks.json").await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    assert_eq!(answer.header("content-type"), "application/json");
    answer.body["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// The `kid` in the head of a token.
fn key_of(token: &str) -> String {
    use base64::Engine as _;
    let head = token.split('.').next().unwrap();
    let head = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(head).unwrap();
    let head: Value = serde_json::from_slice(&head).unwrap();
    assert_eq!((head["alg"].as_str(), head["typ"].as_str()), (Some("EdDSA"), Some("at+jwt")));
    head["kid"].as_str().unwrap().to_owned()
}

on_both_engines! {
    async fn keys_rotate_with_overlap(bench: Bench) {
        let mut bench = bench;
        // By the day, between acts; other processes look twice a second.
        bench.stay_in_one_process().await;
        let desk = Desk::at(bench).await;
        let first = key_ids(&desk).await;
        assert_eq!(first.len(), 2, "the active and the next one");
        let maya = desk.register("maya@example.org").await;
        let old = key_of(&maya.access);
        assert!(first.contains(&old));
        desk.bench.clock.advance_seconds(29 * 86_400);
        desk.identity.keep_keys().await.unwrap();
        assert_eq!(key_ids(&desk).await.len(), 2);
        let late = Person::of(&desk.log_in("maya@example.org", PASSWORD).await.body);
        desk.bench.clock.advance_seconds(86_400);
        desk.identity.keep_keys().await.unwrap();
        assert_eq!(key_ids(&desk).await.len(), 3, "the old one retires");
        assert_eq!(desk.try_caller(&late.access).await.unwrap_err(), ErrorCode::TokenExpired, "a day old");
        let new = Person::of(&desk.log_in("maya@example.org", PASSWORD).await.body);
        assert_ne!(key_of(&new.access), old);
        assert!(first.contains(&key_of(&new.access)), "it was published before it signed");
        desk.bench.clock.advance_seconds(86_400);
        desk.identity.tidy().await.unwrap();
        let ids = key_ids(&desk).await;
        assert!(ids.len() == 2 && !ids.contains(&old));
    }

    async fn a_restarted_or_second_process_has_the_same_keys(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let second = Identity::open(&desk.app.host).await.unwrap();
        assert_eq!(second.jwks(), desk.identity.jwks());
        assert!(second.authenticate(&maya.access).await.is_ok());
    }

    async fn tokens_that_are_not_ours_are_refused(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let (head, rest) = maya.access.split_once('.').unwrap();
        let (body, signature) = rest.split_once('.').unwrap();
        // {"alg":"none","typ":"at+jwt"}
        let none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0";
        for forged in [
            format!("{none}.{body}."),
            format!("{none}.{body}.{signature}"),
            format!("{head}.{body}."),
            format!("{head}.{body}"),
            format!("{head}.{body}.{signature}{signature}"),
            format!("{head}.{}.{signature}", body.to_ascii_uppercase()),
            "x".into(),
            "..".into(),
        ] {
            assert_eq!(desk.identity.authenticate(&forged).await.unwrap_err(), ErrorCode::InvalidToken, "{forged}");
        }
        desk.bench.clock.advance_seconds(900 + 30);
        assert_eq!(desk.identity.authenticate(&maya.access).await.unwrap_err(), ErrorCode::TokenExpired);
    }
}
