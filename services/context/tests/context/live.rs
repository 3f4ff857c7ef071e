//! What participants hear, and what they missed.

use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Place, assert_hidden, assert_status, path_in};

on_both_engines! {
    async fn every_change_is_told_once_in_order_with_its_number(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (owner, viewer) = (bench.user(), bench.user());
        let session = place.session(&owner).await;
        place.share(&owner, &session, &viewer, "viewer").await;
        let note = place.note(&owner, &session, "Jangan lupa the annual budget").await;
        let item = path_in(&session, "items", &note);
        place.app.patch(&owner, &item, json!({ "version": 1, "value": { "text": "y".repeat(10_000) } })).await;
        place.app.delete(&owner, &item).await;
        let told = place.app.post(&viewer, &format!("{session}/actions"), json!({ "action": "waved", "detail": { "hand": "left" } })).await;
        assert_status(&told, StatusCode::CREATED);
        place.settle(&bench).await;

        let heard = place.heard(&bench, &session).await;
        let numbers: Vec<i64> = heard.iter().map(|one| one["seq"].as_i64().unwrap()).collect();
        assert_eq!(numbers, (1..=i64::try_from(heard.len()).unwrap()).collect::<Vec<_>>(), "{heard:?}");
        let of = |action: &str| heard.iter().find(|one| one["action"] == action).unwrap_or_else(|| panic!("{action} {heard:?}"));
        assert_eq!(of("item.created")["event"], "context_update");
        assert_eq!(of("item.created")["item"]["value"], note["value"], "small values are sent along");
        assert!(of("item.updated").get("item").is_none(), "large ones are asked for");
        assert_eq!(of("item.updated")["detail"], json!({ "kind": "note", "version": 2 }));
        assert_eq!((&of("user.waved")["event"], &of("user.waved")["actorId"]), (&json!("user_action"), &json!(viewer.user_id())));
        assert_eq!(of("participant.added")["objectId"], json!(viewer.user_id()));
        assert_eq!(heard[0]["sessionId"], json!(session.rsplit('/').next().unwrap()));

        // Who comes back gets what was missed, and nothing twice.
        let mut seen: Vec<Value> = Vec::new();
        loop {
            let after = seen.last().map_or(0, |one| one["seq"].as_i64().unwrap());
            let page = place.read(&viewer, &format!("{session}/changes?after={after}&limit=2")).await;
            assert_eq!(page["complete"], true);
            let changes = page["changes"].as_array().unwrap();
            if changes.is_empty() {
                assert_eq!(page["seq"], json!(after));
                break;
            }
            seen.extend(changes.iter().cloned());
        }
        assert_eq!(seen.len(), heard.len());
        for (missed, heard) in seen.iter().zip(&heard) {
            for name in ["seq", "event", "action", "actorId", "objectId", "detail", "at"] {
                assert_eq!(missed[name], heard[name], "{name}");
            }
        }
        let text = place.read(&owner, &format!("{session}/timeline?limit=100")).await.to_string();
        assert!(!text.contains("budget"), "the timeline names, and does not tell: {text}");
    }

    async fn what_is_no_action_is_refused(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let owner = bench.user();
        let session = place.session(&owner).await;
        let act = async |body: Value| place.app.post(&owner, &format!("{session}/actions"), body).await;
        for (body, field) in [
            (json!({ "action": "No action" }), "action"),
            (json!({ "action": "a".repeat(51) }), "action"),
            (json!({ "action": "waved", "detail": "text" }), "detail"),
            (json!({ "action": "waved", "detail": { "a": "x".repeat(2_100) } }), "detail"),
        ] {
            assert_eq!(act(body).await.bad_fields(), [field]);
        }
        for query in ["after=-1", "after=x", "after=0&limit=0", "after=0&limit=201", "after=9223372036854775808"] {
            let answer = place.app.get(&owner, &format!("{session}/changes?{query}")).await;
            assert_status(&answer, StatusCode::UNPROCESSABLE_ENTITY);
        }
        let beyond = place.read(&owner, &format!("{session}/changes?after=9223372036854775807")).await;
        assert_eq!(beyond["changes"], json!([]));
        place.app.call(&owner, Method::POST, &format!("{session}/archive")).send().await;
        assert_status(&act(json!({ "action": "waved" })).await, StatusCode::CONFLICT);
        assert_hidden(&place.app.get(&bench.user(), &format!("{session}/changes?after=0")).await);
    }
}
