//! Legal texts: read by everybody, accepted by each person, kept by those who run the tenant.

use banyan_contracts::Event;
use banyan_contracts::content::{ConsentWithdrawn, LegalTextAccepted, LegalTextPublished};
use banyan_http::client::ClientAddress;
use banyan_kernel::{Caller, Role};
use banyan_store::StoreError;
use banyan_testkit::{App, Bench, on_both_engines};
use http::{Method, StatusCode};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::support::{app, made};

async fn events(app: &App, bench: &Bench) -> Vec<(String, Value)> {
    let rows = app.store.system(bench.tenant);
    let read = rows.read(|tx| async move {
        let sql = "SELECT type, data, id FROM outbox ORDER BY id";
        Ok::<_, StoreError>(tx.query_all_raw(Statement::from_string(tx.get_database_backend(), sql)).await?)
    });
    let rows = read.await.unwrap();
    rows.iter().map(|row| (row.try_get("", "type").unwrap(), row.try_get("", "data").unwrap())).collect()
}

async fn kinds(app: &App, caller: &Caller, path: &str) -> Vec<String> {
    let page = app.get(caller, path).await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    page.body["data"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
}

async fn accept(app: &App, caller: &Caller, kind: &str, body: Value) -> Value {
    made(app, caller, &format!("/api/v1/legal/{kind}/acceptances"), body).await
}

on_both_engines! {
    async fn everybody_reads_them_in_their_own_language(bench: Bench) {
        let app = app(&bench).await;
        assert_eq!(kinds(&app, &bench.anonymous(), "/api/v1/legal").await, ["privacy", "terms", "consent"]);
        for (language, title) in [("id", "Kebijakan Privasi UpCoach"), ("en-US", "UpCoach Privacy Policy"), ("fr", "UpCoach Privacy Policy")] {
            let call = app.call(&bench.anonymous(), Method::GET, "/api/v1/legal/privacy").header("accept-language", language);
            let text = call.send().await;
            assert_eq!((text.status, text.body["title"].as_str()), (StatusCode::OK, Some(title)), "{text:?}");
            assert!(text.body["text"].as_str().unwrap().contains("UU No. 27") || text.body["text"].as_str().unwrap().contains("27"), "{text:?}");
        }
        assert_eq!(app.get(&bench.anonymous(), "/api/v1/legal/privacy?number=7").await.status, StatusCode::NOT_FOUND);
        assert_eq!(app.get(&bench.anonymous(), "/api/v1/legal/gossip").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(app.get(&bench.anonymous(), "/api/v1/legal/privacy?number=0").await.bad_fields(), ["number"]);
    }

    async fn an_acceptance_says_who_what_when_and_in_which_language(bench: Bench) {
        let app = app(&bench).await;
        let maya = bench.user();
        assert_eq!(kinds(&app, &maya, "/api/v1/legal/outstanding").await.len(), 3);
        let call = app.call(&maya, Method::POST, "/api/v1/legal/privacy/acceptances").header("accept-language", "id");
        let call = call.extension(ClientAddress("203.0.113.9".parse().unwrap()));
        let accepted = call.json(json!({ "number": 1 })).send().await;
        assert_eq!(accepted.status, StatusCode::CREATED, "{accepted:?}");
        assert_eq!((&accepted.body["language"], &accepted.body["number"]), (&json!("id-ID"), &json!(1)));
        assert_eq!(kinds(&app, &maya, "/api/v1/legal/outstanding").await, ["terms", "consent"]);
        assert_eq!(kinds(&app, &bench.user(), "/api/v1/legal/outstanding").await.len(), 3, "each for themselves");
        let admin = bench.with_role(Role::Admin);
        let path = format!("/api/v1/admin/legal/acceptances?kind=privacy&userId={}", maya.user_id().unwrap());
        assert_eq!(app.get(&admin, &path).await.body["data"], json!([accepted.body]));
        assert_eq!(app.get(&bench.user(), &path).await.status, StatusCode::FORBIDDEN);
        assert_eq!(app.get(&bench.user(), "/api/v1/legal/acceptances").await.body["pagination"]["total"], 0);
        let audit = app.get(&admin, &format!("/api/v1/admin/content/audit?subject={}", maya.user_id().unwrap())).await;
        assert_eq!(audit.body["data"][0]["action"], "legal.acceptances-read");
        assert!(events(&app, &bench).await.iter().any(|(kind, _)| kind == LegalTextAccepted::TYPE));
        // What is kept of the address tells it to nobody.
        let rows = app.store.system(bench.tenant);
        let hashes = rows.read(|tx| async move {
            let sql = "SELECT address_hash, text_hash FROM legal_acceptances";
            Ok::<_, StoreError>(tx.query_all_raw(Statement::from_string(tx.get_database_backend(), sql)).await?)
        });
        let hashes = hashes.await.unwrap();
        assert_eq!(hashes[0].try_get::<Vec<u8>>("", "address_hash").unwrap().len(), 32);
        assert_eq!(hashes[0].try_get::<Vec<u8>>("", "text_hash").unwrap().len(), 32);
    }

    async fn a_consent_is_given_and_taken_back_by_purpose(bench: Bench) {
        let app = app(&bench).await;
        let maya = bench.user();
        accept(&app, &maya, "consent", json!({ "number": 1, "purposes": ["offers", "journal-insights"] })).await;
        let unknown = app.post(&maya, "/api/v1/legal/consent/acceptances", json!({ "number": 1, "purposes": ["sale"] })).await;
        assert_eq!(unknown.bad_fields(), ["purposes"]);
        let twice = app.post(&maya, "/api/v1/legal/consent/acceptances", json!({ "number": 1, "purposes": ["offers", "offers"] })).await;
        assert_eq!(twice.bad_fields(), ["purposes[1]"]);
        bench.clock.advance_seconds(1);
        assert_eq!(app.delete(&maya, "/api/v1/legal/consent/acceptances?purpose=offers").await.status, StatusCode::NO_CONTENT);
        // What was not given is not taken back.
        assert_eq!(app.delete(&maya, "/api/v1/legal/consent/acceptances?purpose=offers").await.status, StatusCode::NO_CONTENT);
        let own = app.get(&maya, "/api/v1/legal/acceptances").await;
        let standing: Vec<&Value> = own.body["data"].as_array().unwrap().iter().filter(|one| one["withdrawnAt"].is_null()).collect();
        assert_eq!((standing.len(), &standing[0]["purposes"]), (1, &json!(["journal-insights"])), "{own:?}");
        assert_eq!(own.body["pagination"]["total"], 2, "that it counted stays");
        bench.clock.advance_seconds(1);
        // A later choice that leaves a purpose out takes it back.
        accept(&app, &maya, "consent", json!({ "number": 1, "purposes": [] })).await;
        assert_eq!(app.delete(&maya, "/api/v1/legal/consent/acceptances").await.status, StatusCode::NO_CONTENT);
        let withdrawn: Vec<Value> = events(&app, &bench).await.into_iter().filter(|(kind, _)| kind == ConsentWithdrawn::TYPE).map(|(_, data)| data["purposes"].clone()).collect();
        assert_eq!(withdrawn, [json!(["offers"]), json!(["journal-insights"])]);
        assert_eq!(kinds(&app, &maya, "/api/v1/legal/outstanding").await, ["privacy", "terms", "consent"]);
        let terms = app.delete(&maya, "/api/v1/legal/terms/acceptances").await;
        assert_eq!(terms.status, StatusCode::CONFLICT);
    }

    async fn a_new_version_goes_from_draft_to_what_counts_and_is_asked_for_again(bench: Bench) {
        let app = app(&bench).await;
        let (maya, admin) = (bench.user(), bench.with_role(Role::Admin));
        accept(&app, &maya, "terms", json!({ "number": 1 })).await;
        let draft = made(&app, &admin, "/api/v1/admin/legal/terms/versions", json!({})).await;
        assert_eq!((&draft["number"], &draft["state"]), (&json!(2), &json!("draft")));
        let version = "/api/v1/admin/legal/terms/versions/2";
        let sheet = app.get(&admin, version).await;
        assert_eq!(sheet.body["texts"].as_array().unwrap().len(), 2, "it begins with what counts now: {sheet:?}");
        let put = |locale: &str, body: Value| app.call(&admin, Method::PUT, &format!("{version}/texts/{locale}")).json(body).send();
        let written = put("id-ID", json!({ "title": "Ketentuan baru", "text": "Baru." })).await;
        assert_eq!(written.status, StatusCode::OK, "{written:?}");
        let stale = app.call(&admin, Method::PUT, &format!("{version}/texts/id-ID")).header("if-match", "\"x\"");
        assert_eq!(stale.json(json!({ "title": "x", "text": "x" })).send().await.status, StatusCode::PRECONDITION_FAILED);
        assert_eq!(put("fr", json!({ "title": "x", "text": "x" })).await.bad_fields(), ["locale"]);
        // Nobody else sees a draft.
        assert_eq!(app.get(&maya, "/api/v1/legal/terms?number=2").await.status, StatusCode::NOT_FOUND);
        let early = app.post(&admin, &format!("{version}/publish"), json!({ "effectiveAt": "2024-01-01T00:00:00Z" })).await;
        assert_eq!(early.bad_fields(), ["effectiveAt"]);
        let published = app.post(&admin, &format!("{version}/publish"), json!({ "effectiveAt": "2024-01-16T00:00:00Z" })).await;
        assert_eq!((published.status, &published.body["state"]), (StatusCode::OK, &json!("published")), "{published:?}");
        assert!(events(&app, &bench).await.iter().any(|(kind, data)| kind == LegalTextPublished::TYPE && data["number"] == 2));
        // It is there to be read, and counts from its day on.
        assert_eq!(app.get(&maya, "/api/v1/legal/terms?number=2").await.status, StatusCode::OK);
        assert_eq!(app.get(&maya, "/api/v1/legal/terms").await.body["number"], 1);
        bench.clock.advance_seconds(86_400);
        let call = app.call(&maya, Method::GET, "/api/v1/legal/terms").header("accept-language", "id");
        assert_eq!(call.send().await.body["title"], "Ketentuan baru");
        assert!(kinds(&app, &maya, "/api/v1/legal/outstanding").await.contains(&"terms".to_owned()));
        let old = app.post(&maya, "/api/v1/legal/terms/acceptances", json!({ "number": 1 })).await;
        assert_eq!(old.status, StatusCode::CONFLICT);
        accept(&app, &maya, "terms", json!({ "number": 2 })).await;
        // What was published stays as it is.
        assert_eq!(put("id-ID", json!({ "title": "x", "text": "x" })).await.status, StatusCode::CONFLICT);
        assert_eq!(app.delete(&admin, version).await.status, StatusCode::CONFLICT);
        assert_eq!(app.post(&admin, &format!("{version}/publish"), json!({})).await.status, StatusCode::CONFLICT);
        assert_eq!(app.get(&maya, "/api/v1/legal/terms?number=1").await.status, StatusCode::OK, "the one before can still be read");
    }

    async fn a_draft_that_is_not_whole_is_not_published(bench: Bench) {
        let app = app(&bench).await;
        let admin = bench.with_role(Role::Owner);
        made(&app, &admin, "/api/v1/admin/legal/consent/versions", json!({})).await;
        let purposes = json!([{ "id": "new", "title": "Baru", "text": "Baru.", "required": true }]);
        let path = "/api/v1/admin/legal/consent/versions/2";
        let put = app.call(&admin, Method::PUT, &format!("{path}/texts/id-ID")).json(json!({ "title": "x", "text": "x", "purposes": purposes }));
        assert_eq!(put.send().await.status, StatusCode::OK);
        let refused = app.post(&admin, &format!("{path}/publish"), json!({})).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "purposes differ by language: {refused:?}");
        let put = app.call(&admin, Method::PUT, &format!("{path}/texts/en-US")).json(json!({ "title": "x", "text": "x", "purposes": purposes }));
        assert_eq!(put.send().await.status, StatusCode::OK);
        assert_eq!(app.post(&admin, &format!("{path}/publish"), json!({})).await.status, StatusCode::OK);
        bench.clock.advance_seconds(1);
        let maya = bench.user();
        let without = app.post(&maya, "/api/v1/legal/consent/acceptances", json!({ "number": 2 })).await;
        assert_eq!(without.bad_fields(), ["purposes"], "a required purpose: {without:?}");
        let bad = json!({ "title": "x", "text": "x", "purposes": [{ "id": "Ä", "title": "x", "text": "x" }] });
        let put = app.call(&admin, Method::PUT, &format!("{path}/texts/en-US")).json(bad).send().await;
        assert_eq!(put.bad_fields(), ["purposes[0].id"]);
        made(&app, &admin, "/api/v1/admin/legal/privacy/versions", json!({})).await;
        assert_eq!(app.delete(&admin, "/api/v1/admin/legal/privacy/versions/2").await.status, StatusCode::NO_CONTENT);
        assert_eq!(app.delete(&admin, "/api/v1/admin/legal/privacy/versions/2").await.status, StatusCode::NOT_FOUND);
    }

    async fn an_erased_person_leaves_no_acceptance(bench: Bench) {
        let app = app(&bench).await;
        if app.is_split() {
            // Services ask for it by the mesh; the door knows no such path. The server's tests erase people through all processes.
            return;
        }
        let maya = bench.user();
        accept(&app, &maya, "terms", json!({ "number": 1 })).await;
        let caller = Caller::system(bench.tenant, "identity", banyan_kernel::RequestId(bench.new_id()));
        let path = format!("/internal/people/{}", maya.user_id().unwrap());
        assert_eq!(app.call(&caller, Method::DELETE, &path).send().await.status, StatusCode::NO_CONTENT);
        let all = app.get(&bench.with_role(Role::Admin), "/api/v1/admin/legal/acceptances").await;
        assert_eq!(all.body["pagination"]["total"], 0);
    }
}
