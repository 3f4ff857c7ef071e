//! Tokens of programs.

use banyan_flags::TokenKind;
use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::StatusCode;
use serde_json::json;

use crate::support::app;

const TOKENS: &str = "/api/v1/admin/flag-tokens";

on_both_engines! {
    async fn a_token_is_shown_once_and_counts_until_it_is_revoked(bench: Bench) {
        let mut bench = bench;
        let (app, shared) = app(&mut bench).await;
        let caller = bench.with_role(Role::Admin);
        let made = app.post(&caller, TOKENS, json!({ "name": "shop", "kind": "client", "environment": "production" })).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        let secret = made.body["secret"].as_str().unwrap();
        assert!(secret.starts_with("*:production."));
        let clock = &*app.host.clock;
        let token = shared.tokens.verify(secret, clock).unwrap();
        assert_eq!((token.tenant, token.kind, token.environment.as_str()), (bench.tenant, TokenKind::Client, "production"));
        let list = app.get(&caller, TOKENS).await;
        assert!(!list.body.to_string().contains(&secret[14..]), "{list:?}");
        assert_eq!(list.body["data"][0]["hint"], json!(format!("{}…", &secret[..17])));
        let path = format!("{TOKENS}/{}", made.body["token"]["id"].as_str().unwrap());
        assert_eq!(app.delete(&bench.in_other_tenant(&caller), &path).await.status, StatusCode::FORBIDDEN);
        assert_eq!(app.delete(&caller, &path).await.status, StatusCode::NO_CONTENT);
        assert!(shared.tokens.verify(secret, clock).is_none());
        assert_eq!(app.delete(&caller, &path).await.status, StatusCode::NO_CONTENT, "twice is once");
        let admin = app.post(&caller, TOKENS, json!({ "name": "ops", "kind": "admin", "projects": ["a", "b"] })).await;
        assert!(admin.body["secret"].as_str().unwrap().starts_with("[]:*."), "{admin:?}");
        let soon = app.host.clock.now().plus_seconds(60);
        let short = app.post(&caller, TOKENS, json!({ "name": "short", "kind": "frontend", "environment": "development", "expiresAt": soon })).await;
        let short = short.body["secret"].as_str().unwrap();
        assert!(shared.tokens.verify(short, clock).is_some());
        bench.clock.advance_seconds(61);
        assert!(shared.tokens.verify(short, clock).is_none(), "expired");
    }

    async fn what_makes_no_token_is_named(bench: Bench) {
        let mut bench = bench;
        let (app, _) = app(&mut bench).await;
        let caller = bench.with_role(Role::Admin);
        let bad = async |body| app.post(&caller, TOKENS, body).await.bad_fields();
        assert_eq!(bad(json!({ "name": "x", "kind": "client" })).await, ["environment"]);
        assert_eq!(bad(json!({ "name": "x", "kind": "client", "environment": "nowhere" })).await, ["environment"]);
        assert_eq!(bad(json!({ "name": "x", "kind": "admin", "environment": "production" })).await, ["environment"]);
        assert_eq!(bad(json!({ "name": " ", "kind": "client", "environment": "production", "projects": ["a b"] })).await, ["name", "projects[0]"]);
        assert_eq!(bad(json!({ "name": "x", "kind": "client", "environment": "production", "expiresAt": "2020-01-01T00:00:00Z" })).await, ["expiresAt"]);
    }
}
