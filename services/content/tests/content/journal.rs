//! Journals that are written.

use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{app, assert_hidden, entry, made, path_of};

on_both_engines! {
    async fn an_entry_is_written_read_changed_deleted_and_restored(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let text = "Dua baris.\n\tDan “kutipan” 🌱";
        let entry = made(&app, &caller, "/api/v1/content/journal", json!({ "content": text, "mood": 8, "tags": ["pagi", "lari"] })).await;
        assert_eq!((&entry["userId"], &entry["content"]), (&json!(caller.user_id().unwrap()), &json!(text)));
        assert_eq!((&entry["mood"], &entry["tags"], &entry["version"]), (&json!(8), &json!(["pagi", "lari"]), &json!(1)));
        assert_eq!(entry["createdAt"], "2024-01-15T10:00:00Z");
        let path = path_of("journal", &entry);
        let read = app.get(&caller, &path).await;
        assert_eq!(read.body, entry);
        let tag = read.header("etag").to_owned();
        assert_eq!(app.call(&caller, Method::GET, &path).header("if-none-match", &tag).send().await.status, StatusCode::NOT_MODIFIED);

        let change = |body: Value| app.call(&caller, Method::PATCH, &path).header("if-match", &tag).json(body).send();
        let changed = change(json!({ "content": "Baru", "mood": null, "tags": [] })).await;
        assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
        assert_eq!((&changed.body["content"], &changed.body["mood"], &changed.body["tags"]), (&json!("Baru"), &Value::Null, &json!([])));
        assert_eq!(change(json!({ "content": "Too late" })).await.status, StatusCode::PRECONDITION_FAILED);

        assert_eq!(app.delete(&caller, &path).await.status, StatusCode::NO_CONTENT);
        assert_hidden(&app.get(&caller, &path).await);
        assert_hidden(&app.delete(&caller, &path).await);
        assert_eq!(app.get(&caller, "/api/v1/content/journal").await.body["pagination"]["total"], 0);
        let restored = app.call(&caller, Method::POST, &format!("{path}/restore")).send().await;
        assert_eq!((restored.status, &restored.body["content"]), (StatusCode::OK, &json!("Baru")));
        app.delete(&caller, &path).await;
        bench.clock.advance_seconds(30 * 86_400 + 1);
        assert_hidden(&app.call(&caller, Method::POST, &format!("{path}/restore")).send().await);
        assert_eq!(banyan_content::purge(&app.store, bench.tenant).await.unwrap(), 1);
    }

    async fn a_list_is_the_callers_own(bench: Bench) {
        let app = app(&bench).await;
        let (caller, other) = (bench.user(), bench.user());
        entry(&app, &other, "Not hers").await;
        for number in 0..3 {
            bench.clock.advance_seconds(1);
            entry(&app, &caller, &number.to_string()).await;
        }
        let contents = |page: &Value| -> Vec<String> {
            page["data"].as_array().unwrap().iter().map(|entry| entry["content"].as_str().unwrap().to_owned()).collect()
        };
        let page = app.get(&caller, "/api/v1/content/journal?limit=2").await.body;
        assert_eq!(contents(&page), ["2", "1"]);
        assert_eq!(page["pagination"], json!({ "page": 1, "limit": 2, "total": 3, "totalPages": 2, "hasNext": true, "hasPrev": false }));
        assert_eq!(contents(&app.get(&caller, "/api/v1/content/journal?order=ASC&page=2&limit=2").await.body), ["2"]);
        let theirs = app.get(&caller, &format!("/api/v1/content/journal?userId={}", other.user_id().unwrap())).await;
        assert_eq!(theirs.body["pagination"]["total"], 0);
    }

    async fn every_bad_field_is_named(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let body = json!({ "content": " ", "mood": 11, "tags": ["", "fine", "x".repeat(51)] });
        let answer = app.post(&caller, "/api/v1/content/journal", body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.bad_fields(), ["content", "mood", "tags[0]", "tags[2]"]);
        let answer = app.post(&caller, "/api/v1/content/journal", json!({ "text": "x", "mood": "good", "tags": "x" })).await;
        assert_eq!(answer.bad_fields(), ["content", "mood", "tags", "text"]);
        let answer = app.post(&caller, "/api/v1/content/journal", json!({ "content": "x".repeat(50_001) })).await;
        assert_eq!(answer.bad_fields(), ["content"]);
        let answer = app.post(&caller, "/api/v1/content/journal", json!({ "content": "a\u{0}b" })).await;
        assert_eq!(answer.bad_fields(), ["content"]);
        let path = path_of("journal", &entry(&app, &caller, "x").await);
        assert_eq!(app.patch(&caller, &path, json!({ "content": "", "mood": 0 })).await.bad_fields(), ["content", "mood"]);
        assert_eq!(app.get(&caller, "/api/v1/content/journal/1").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    async fn an_idempotent_post_writes_one_entry(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let send = |content: &str| {
            let call = app.call(&caller, Method::POST, "/api/v1/content/journal").header("idempotency-key", "k");
            call.json(json!({ "content": content })).send()
        };
        let (first, again) = (send("Once").await, send("Once").await);
        assert_eq!((first.status, &first.body), (StatusCode::CREATED, &again.body));
        assert_eq!(send("Other").await.code(), "idempotency-key-reused");
        assert_eq!(app.get(&caller, "/api/v1/content/journal").await.body["pagination"]["total"], 1);
    }
}
