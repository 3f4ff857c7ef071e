//! What a person wants to see.

use banyan_kernel::Caller;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::json;

use crate::fixture::{Place, assert_hidden, assert_status};

const EVERYWHERE: &str = "/api/v1/context/preferences";

on_both_engines! {
    async fn what_is_said_for_a_session_comes_before_what_is_said_everywhere(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (owner, viewer) = (bench.user(), bench.user());
        let session = place.session(&owner).await;
        place.share(&owner, &session, &viewer, "viewer").await;
        place.note(&owner, &session, "Please call on 2024-05-01").await;
        let here = format!("{session}/preferences");
        let usual = place.read(&owner, &here).await;
        assert_eq!(usual, json!({ "preferences": { "suggestions": true, "mutedKinds": [], "leastScore": 0.0, "custom": {} }, "version": 0 }));
        let kinds = async |caller: &Caller| {
            let all = place.suggestions(&bench, caller, &session).await;
            all.iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(kinds(&owner).await, ["schedule", "task"]);
        let said = place.put(&owner, EVERYWHERE, json!({ "mutedKinds": ["task"], "custom": { "view": "board" } })).await;
        assert_eq!((said.status, &said.body["version"], &said.body["preferences"]["custom"]["view"]), (StatusCode::OK, &json!(1), &json!("board")));
        assert_eq!(kinds(&owner).await, ["schedule"]);
        assert_eq!(kinds(&viewer).await, ["schedule", "task"], "of each person alone");
        assert_status(&place.put(&owner, &here, json!({ "leastScore": 0.58 })).await, StatusCode::OK);
        assert_eq!(kinds(&owner).await, ["schedule"]);
        assert_status(&place.put(&owner, &here, json!({ "suggestions": false })).await, StatusCode::OK);
        assert_eq!(kinds(&owner).await, Vec::<String>::new());
        // Two programs of one person do not overwrite one another unseen.
        let read = place.app.get(&owner, &here).await;
        let write = || place.app.call(&owner, Method::PUT, &here).header("if-match", read.header("etag")).json(json!({})).send();
        assert_status(&write().await, StatusCode::OK);
        assert_status(&write().await, StatusCode::PRECONDITION_FAILED);
    }

    async fn what_nobody_can_want_is_refused(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let owner = bench.user();
        let session = place.session(&owner).await;
        for (body, field) in [
            (json!({ "leastScore": 1.5 }), "leastScore"),
            (json!({ "mutedKinds": ["everything"] }), "mutedKinds[0]"),
            (json!({ "custom": { "a": "x".repeat(8 * 1024) } }), "custom"),
            (json!({ "colour": "red" }), "colour"),
        ] {
            assert_eq!(place.put(&owner, EVERYWHERE, body).await.bad_fields(), [field]);
        }
        let stranger = bench.user();
        assert_hidden(&place.put(&stranger, &format!("{session}/preferences"), json!({})).await);
        assert_hidden(&place.app.get(&stranger, &format!("{session}/preferences")).await);
    }
}
