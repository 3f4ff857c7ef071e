//! Who is refused: at every route, by enumeration.

use banyan_http::openapi::{Access, Operation};
use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Place, assert_hidden, path_in, seat};

/// A body that the call takes, so that nothing but the caller can be wrong.
fn body_of(operation: &Operation) -> Option<Value> {
    let body = match operation.id.as_str() {
        "createContextSession" => json!({ "title": "x" }),
        "updateContextSession"
        | "dismissContextSuggestion"
        | "reprocessContext"
        | "putContextPreferences"
        | "putContextSessionPreferences" => json!({}),
        "putContextParticipant" => json!({ "role": "viewer" }),
        "createContextItem" => json!({ "kind": "note", "value": 1 }),
        "updateContextItem" => json!({ "version": 1, "value": 1 }),
        "tellContextAction" => json!({ "action": "x" }),
        _ => return None,
    };
    Some(body)
}

on_both_engines! {
    async fn an_anonymous_caller_is_refused_everywhere(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        assert_eq!(banyan_http::openapi::loose_bodies(banyan_context::service().openapi()), Vec::<String>::new());
        let operations = banyan_context::service().operations();
        assert!(operations.len() >= 30, "{}", operations.len());
        for operation in operations {
            assert_eq!(operation.access, Access::SignedIn, "{operation:?}");
            let mut call = place.app.call(&bench.anonymous(), operation.method.clone(), &operation.example_path());
            if let Some(body) = body_of(&operation) {
                call = call.json(body);
            }
            let answer = call.send().await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{operation:?} {answer:?}");
            if operation.path.contains("/admin/") {
                let answer = place.app.get(&bench.with_role(Role::Coach), &operation.example_path()).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{operation:?} {answer:?}");
            }
        }
    }

    async fn strangers_meet_the_same_403_at_every_route_of_a_session(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (owner, former) = (bench.user(), bench.user());
        let session = place.session(&owner).await;
        place.share(&owner, &session, &former, "editor").await;
        place.app.delete(&owner, &seat(&session, &former)).await;
        let item = place.note(&owner, &session, "Please hide this until 2024-05-01").await;
        let suggestion = place.suggestions(&bench, &owner, &session).await.remove(0);
        let before = place.read(&owner, &format!("{session}/timeline")).await;
        let nobody = bench.new_id().to_string();
        let mut seen = 0;
        for operation in banyan_context::service().operations().iter().filter(|one| one.path.contains("/sessions/{id}")) {
            let mut answers = Vec::new();
            for caller in [bench.user(), former.clone(), bench.in_other_tenant(&owner), bench.with_role(Role::Admin), bench.with_role(Role::Owner)] {
                for is_there in [true, false] {
                    let id = |there: &str| if is_there { there.to_owned() } else { nobody.clone() };
                    let path = operation.path.replace("/api/v1/context/sessions/{id}", &if is_there { session.clone() } else { format!("/api/v1/context/sessions/{nobody}") });
                    let path = path.replace("{itemId}", &id(item["id"].as_str().unwrap())).replace("{suggestionId}", &id(suggestion["id"].as_str().unwrap()));
                    let path = path.replace("{userId}", &owner.user_id().unwrap().to_string()).replace("{version}", "1");
                    let path = if operation.id == "listContextChanges" { format!("{path}?after=0") } else { path };
                    let mut call = place.app.call(&caller, operation.method.clone(), &path);
                    if let Some(body) = body_of(operation) {
                        call = call.json(body);
                    }
                    let answer = call.send().await;
                    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{operation:?} {answer:?}");
                    assert_hidden(&answer);
                    let mut body = answer.body;
                    (body["instance"], body["requestId"]) = (Value::Null, Value::Null);
                    answers.push(body);
                }
            }
            answers.dedup();
            assert_eq!(answers.len(), 1, "{operation:?} tells them apart: {answers:?}");
            seen += 1;
        }
        assert!(seen >= 25, "{seen}");
        assert_eq!(place.read(&owner, &format!("{session}/timeline")).await, before, "nothing happened");
    }

    async fn things_of_one_session_are_not_found_in_another(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let owner = bench.user();
        let (one, other) = (place.session(&owner).await, place.session(&owner).await);
        let item = place.note(&owner, &one, "Please read").await;
        let suggestion = place.suggestions(&bench, &owner, &one).await.remove(0);
        let wrong = path_in(&other, "items", &item);
        assert_hidden(&place.app.get(&owner, &wrong).await);
        assert_hidden(&place.app.patch(&owner, &wrong, json!({ "version": 1, "value": 1 })).await);
        assert_hidden(&place.app.delete(&owner, &wrong).await);
        assert_hidden(&place.app.get(&owner, &format!("{wrong}/versions")).await);
        assert_hidden(&place.app.get(&owner, &format!("{wrong}/versions/1")).await);
        assert_hidden(&place.app.call(&owner, Method::POST, &format!("{}/accept", path_in(&other, "suggestions", &suggestion))).send().await);
    }

    async fn what_is_no_session_is_refused_by_field(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let owner = bench.user();
        for (body, field) in [
            (json!({}), "title"),
            (json!({ "title": "" }), "title"),
            (json!({ "title": " " }), "title"),
            (json!({ "title": "a\nb" }), "title"),
            (json!({ "title": "x".repeat(201) }), "title"),
            (json!({ "title": "x", "description": "x".repeat(5_001) }), "description"),
            (json!({ "title": "x", "state": "ended" }), "state"),
            (json!({ "title": 5 }), "title"),
        ] {
            let answer = place.app.post(&owner, "/api/v1/context/sessions", body).await;
            assert_eq!((answer.status, answer.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec![field.to_owned()]), "{answer:?}");
        }
        let session = place.session(&owner).await;
        for (body, field) in [(json!({ "title": null }), "title"), (json!({ "role": "owner" }), "role")] {
            assert_eq!(place.app.patch(&owner, &session, body).await.bad_fields(), [field]);
        }
        assert_eq!(place.app.get(&owner, "/api/v1/context/sessions/x").await.bad_fields(), ["id"]);
    }
}
