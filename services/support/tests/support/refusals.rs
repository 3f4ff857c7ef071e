//! Who is refused: at every route, by enumeration.

use banyan_http::openapi::{Access, Operation};
use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::StatusCode;
use serde_json::{Value, json};

use crate::fixture::{Place, all, assert_hidden, own};

/// A body that the call takes, so that nothing but the caller can be wrong.
fn body_of(operation: &Operation) -> Option<Value> {
    let body = match operation.id.as_str() {
        "openTicket" => json!({ "category": "question", "subject": "x", "text": "x" }),
        "writeInTicket" | "answerTicket" | "writeTicketNote" => json!({ "text": "x" }),
        "rateTicket" => json!({ "rating": 5 }),
        "changeTicket" => json!({}),
        "escalateTicket" => json!({ "reason": "x" }),
        "putAnswer" => json!({ "title": "x", "body": "x" }),
        "previewAnswer" => json!({ "locale": "en-US", "title": "x", "body": "x" }),
        _ => return None,
    };
    Some(body)
}

on_both_engines! {
    async fn an_anonymous_caller_is_refused_everywhere_and_a_person_at_every_desk(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let operations = banyan_support::service().operations();
        assert!(operations.len() > 20, "{}", operations.len());
        for operation in operations {
            assert_eq!(operation.access, Access::SignedIn, "{operation:?}");
            let callers = [(bench.anonymous(), StatusCode::UNAUTHORIZED), (bench.user(), StatusCode::FORBIDDEN), (bench.with_role(Role::Coach), StatusCode::FORBIDDEN)];
            for (caller, status) in callers {
                if status == StatusCode::FORBIDDEN && !operation.path.contains("/admin/") {
                    continue;
                }
                let mut call = place.app.call(&caller, operation.method.clone(), &operation.example_path());
                if let Some(body) = body_of(&operation) {
                    call = call.json(body);
                }
                let answer = call.send().await;
                assert_eq!(answer.status, status, "{operation:?} {answer:?}");
            }
        }
    }

    async fn strangers_meet_the_same_403_at_every_route_of_a_ticket(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let owner = place.person(&bench, "Maya", Role::User);
        let ticket = place.ticket(&owner, "question").await;
        let nobody = bench.new_id().to_string();
        let before = place.seen(&bench.with_role(Role::Admin), &ticket).await;
        let mut seen = 0;
        let of_person = |operation: &&Operation| operation.path.contains("{id}") && !operation.path.contains("/admin/");
        for operation in banyan_support::service().operations().iter().filter(of_person) {
            let mut answers = Vec::new();
            for caller in [bench.user(), bench.in_other_tenant(&owner), bench.with_role(Role::Support), bench.with_role(Role::Owner)] {
                for id in [ticket["id"].as_str().unwrap(), &nobody] {
                    let mut call = place.app.call(&caller, operation.method.clone(), &operation.path.replace("{id}", id));
                    if let Some(body) = body_of(operation) {
                        call = call.json(body);
                    }
                    let answer = call.send().await;
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
        assert!(seen >= 6, "{seen}");
        assert_eq!(place.seen(&bench.with_role(Role::Admin), &ticket).await, before);
        assert_eq!(place.app.get(&owner, &own(&ticket)).await.status, StatusCode::OK);
        assert_hidden(&place.app.get(&bench.with_role(Role::Support), &all(&json!({ "id": nobody }))).await);
    }

    async fn what_is_no_question_is_refused_by_field(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let maya = place.person(&bench, "Maya", Role::User);
        let many: Vec<Value> = (0..6).map(|n| json!({ "name": format!("{n}"), "text": "x" })).collect();
        for (body, fields) in [
            (json!({ "category": "gossip", "subject": "x", "text": "x" }), vec!["category"]),
            (json!({ "category": "question", "subject": " ", "text": "" }), vec!["subject", "text"]),
            (json!({ "category": "question", "subject": "a\nb", "text": "x" }), vec!["subject"]),
            (json!({ "category": "question", "subject": "x", "text": "x".repeat(20_001) }), vec!["text"]),
            (json!({ "category": "question", "subject": "x", "text": "x", "attachments": many }), vec!["attachments"]),
            (json!({ "category": "question", "subject": "x", "text": "x", "attachments": [{ "name": "", "text": "x" }] }), vec!["attachments[0].name"]),
            (json!({ "category": "question", "subject": "x", "text": "x", "priority": "urgent" }), vec!["priority"]),
        ] {
            let answer = place.app.post(&maya, "/api/v1/support/tickets", body).await;
            assert_eq!((answer.status, answer.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, fields.into_iter().map(str::to_owned).collect::<Vec<_>>()), "{answer:?}");
        }
        let ticket = place.ticket(&maya, "question").await;
        let early = place.app.post(&maya, &format!("{}/rating", own(&ticket)), json!({ "rating": 5 })).await;
        assert_eq!(early.status, StatusCode::CONFLICT);
        for rating in [0, 6, -1] {
            let refused = place.app.post(&maya, &format!("{}/rating", own(&ticket)), json!({ "rating": rating })).await;
            assert_eq!(refused.bad_fields(), ["rating"], "{rating}");
        }
        let agent = bench.with_role(Role::Support);
        for body in [json!({}), json!({ "text": "x", "answer": "solved" }), json!({ "text": "x", "state": "closed" }), json!({ "answer": "no-such" }), json!({ "answer": "../x" })] {
            let refused = place.app.post(&agent, &format!("{}/messages", all(&ticket)), body.clone()).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {refused:?}");
        }
    }
}
