//! Who is refused: at every route, by enumeration.

use banyan_http::openapi::{Access, Operation};
use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::StatusCode;
use serde_json::{Value, json};

use crate::support::{app, assert_hidden, bare, entry, path_of, voice};

/// A body that the call takes, so that nothing but the caller can be wrong.
fn body_of(operation: &Operation) -> Option<Value> {
    let body = match operation.id.as_str() {
        "createJournalEntry" => json!({ "content": "x" }),
        "createVoiceEntry" => json!({ "transcription": "x", "mood": 5 }),
        "updateJournalEntry" => json!({}),
        "acceptLegalText" => json!({ "number": 1 }),
        "writeLegalText" => json!({ "title": "x", "text": "x" }),
        "publishLegalVersion" => json!({}),
        "putTemplateText" => json!({ "title": "x", "body": "x" }),
        "previewTemplateText" => json!({ "locale": "en-US", "title": "x", "body": "x" }),
        "giveContentGrant" => json!({ "granteeId": "0190a5b0-0000-7000-8000-000000000000", "kinds": ["journals"] }),
        _ => return None,
    };
    Some(body)
}

on_both_engines! {
    async fn an_anonymous_caller_gets_the_landing_page_and_legal_texts_and_nothing_else(bench: Bench) {
        let app = app(&bench).await;
        let operations = banyan_content::service().operations();
        assert!(operations.len() > 14, "{}", operations.len());
        for operation in operations {
            let path = operation.example_path().replace("/legal/x", "/legal/privacy");
            let mut call = app.call(&bench.anonymous(), operation.method.clone(), &path);
            if let Some(body) = body_of(&operation) {
                call = call.json(body);
            }
            let answer = call.send().await;
            if ["getLanding", "listLegalTexts", "getLegalText"].contains(&operation.id.as_str()) {
                assert_eq!((operation.access, answer.status), (Access::Anonymous, StatusCode::OK));
            } else {
                assert_eq!((operation.access, answer.status), (Access::SignedIn, StatusCode::UNAUTHORIZED), "{operation:?} {answer:?}");
            }
        }
    }

    async fn strangers_meet_the_same_403_whether_the_entry_exists_or_not(bench: Bench) {
        let app = app(&bench).await;
        let (owner, stranger) = (bench.user(), bench.user());
        let written = entry(&app, &owner, "Mine").await;
        let spoken = voice(&app, &owner, "Mine").await;
        let deleted = entry(&app, &owner, "Gone").await;
        app.delete(&owner, &path_of("journal", &deleted)).await;
        let nobody = bench.new_id().to_string();
        let mut seen = 0;
        for operation in banyan_content::service().operations().iter().filter(|operation| operation.path.contains("{id}")) {
            let own = if operation.path.contains("voice") { &spoken } else { &written };
            let mut answers = Vec::new();
            let callers = [&stranger, &bench.in_other_tenant(&owner), &bench.with_role(Role::Coach), &bench.with_role(Role::Support)];
            for caller in callers {
                for id in [own["id"].as_str().unwrap(), deleted["id"].as_str().unwrap(), &nobody] {
                    let mut call = app.call(caller, operation.method.clone(), &operation.path.replace("{id}", id));
                    if let Some(body) = body_of(operation) {
                        call = call.json(body);
                    }
                    let answer = call.send().await;
                    assert_hidden(&answer);
                    answers.push(bare(answer));
                }
            }
            answers.dedup();
            assert_eq!(answers.len(), 1, "{operation:?} tells them apart: {answers:?}");
            seen += 1;
        }
        assert_eq!(seen, 7);
        assert_eq!(app.get(&owner, &path_of("journal", &written)).await.body, written);
        assert_eq!(app.get(&owner, &path_of("voice-journal", &spoken)).await.body, spoken);
    }

    async fn an_entry_is_only_what_it_is(bench: Bench) {
        let app = app(&bench).await;
        let owner = bench.user();
        let written = entry(&app, &owner, "Mine").await;
        let spoken = voice(&app, &owner, "Mine").await;
        assert_hidden(&app.get(&owner, &path_of("voice-journal", &written)).await);
        assert_hidden(&app.get(&owner, &path_of("journal", &spoken)).await);
        assert_hidden(&app.delete(&owner, &path_of("journal", &spoken)).await);
    }
}
