//! What people call by their realtime connection: the same code as the calls of the interface.

use banyan_kernel::Caller;
use banyan_testkit::{Answer, on_both_engines};
use http::StatusCode;
use serde_json::{Value, json};

use crate::fixture::{Place, assert_hidden, assert_status, id_in};

async fn call(place: &Place, caller: &Caller, method: &str, body: Value) -> Answer {
    place.app.post(caller, &format!("/internal/methods/context/{method}"), body).await
}

on_both_engines! {
    async fn methods_answer_what_the_calls_answer(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (owner, viewer) = (bench.user(), bench.user());
        let session = place.session(&owner).await;
        place.share(&owner, &session, &viewer, "viewer").await;
        let id = id_in(&session);
        let missed = call(&place, &viewer, "changes", json!({ "sessionId": id, "after": 1 })).await;
        assert_status(&missed, StatusCode::OK);
        assert_eq!(missed.body, place.read(&viewer, &format!("{session}/changes?after=1")).await);
        assert_eq!(missed.body["changes"][0]["seq"], 2);

        // Said again, as by a client whose line was cut, it counts once.
        let wave = json!({ "sessionId": id, "action": "waved", "detail": { "hand": "left" }, "id": bench.new_id() });
        let told = call(&place, &viewer, "act", wave.clone()).await;
        assert_status(&told, StatusCode::OK);
        assert_eq!(call(&place, &viewer, "act", wave.clone()).await.body, told.body);
        let mut other = wave;
        other["action"] = json!("left");
        assert_status(&call(&place, &viewer, "act", other).await, StatusCode::UNPROCESSABLE_ENTITY);
        let again = json!({ "sessionId": id, "action": "waved" });
        let next = call(&place, &viewer, "act", again).await.body["seq"].as_i64().unwrap();
        assert_eq!(next, told.body["seq"].as_i64().unwrap() + 1);
        let heard = place.heard(&bench, &session).await;
        assert_eq!(heard.iter().filter(|one| one["action"] == "user.waved").count(), 2);
        assert_eq!((&heard.last().unwrap()["event"], &heard.last().unwrap()["actorId"]), (&json!("user_action"), &json!(viewer.user_id())));
    }

    async fn methods_refuse_what_the_calls_refuse(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (owner, stranger) = (bench.user(), bench.user());
        let session = place.session(&owner).await;
        let id = id_in(&session);
        for (method, body) in [("changes", json!({ "sessionId": id })), ("act", json!({ "sessionId": id, "action": "waved" }))] {
            assert_hidden(&call(&place, &stranger, method, body.clone()).await);
            assert_status(&call(&place, &bench.anonymous(), method, body).await, StatusCode::UNAUTHORIZED);
        }
        for (method, body, field) in [
            ("changes", json!({}), "sessionId"),
            ("changes", json!({ "sessionId": "1" }), "sessionId"),
            ("changes", json!({ "sessionId": id, "after": -1 }), "after"),
            ("changes", json!({ "sessionId": id, "limit": 201 }), "limit"),
            ("changes", json!({ "sessionId": id, "more": 1 }), "more"),
            ("act", json!({ "sessionId": id, "action": "No action" }), "action"),
            ("act", json!({ "sessionId": id, "action": "waved", "detail": [] }), "detail"),
            ("act", json!({ "sessionId": id, "action": "waved", "id": "x" }), "id"),
        ] {
            assert_eq!(call(&place, &owner, method, body.clone()).await.bad_fields(), [field], "{body}");
        }
        assert_status(&call(&place, &owner, "changes", Value::Null).await, StatusCode::UNPROCESSABLE_ENTITY);
        assert_status(&call(&place, &owner, "nothing", json!({})).await, StatusCode::NOT_FOUND);
    }
}
