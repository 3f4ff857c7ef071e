//! The feed and the templates.

use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{app, entry, made, voice};

fn ids(feed: &Value) -> Vec<String> {
    feed["personalizedContent"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

on_both_engines! {
    async fn somebody_new_finds_something(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let feed = app.get(&caller, "/api/v1/content/feed").await;
        assert_eq!(feed.status, StatusCode::OK, "{feed:?}");
        assert_eq!(feed.body["userId"], json!(caller.user_id().unwrap()));
        assert_eq!(ids(&feed.body)[..2], ["template:first-page", "template:one-small-goal"]);
        assert_eq!(feed.body["personalizedContent"][0]["reason"], "Because you have not written yet");
        let total = feed.body["pagination"]["total"].as_u64().unwrap();
        assert!(total >= 8, "{feed:?}");
        let second = app.get(&caller, "/api/v1/content/feed?limit=3&page=2").await.body;
        assert_eq!(ids(&second), ids(&feed.body)[3..6]);
        let far = app.get(&caller, "/api/v1/content/feed?page=1000000000").await;
        assert_eq!((far.status, ids(&far.body).len()), (StatusCode::OK, 0));
        assert_eq!(app.get(&caller, "/api/v1/content/feed?page=0").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    async fn it_follows_what_the_person_wrote(bench: Bench) {
        let app = app(&bench).await;
        let (caller, other) = (bench.user(), bench.user());
        entry(&app, &other, "A stranger's words").await;
        made(&app, &caller, "/api/v1/content/journal", json!({ "content": "A hard day", "mood": 2, "tags": ["work"] })).await;
        bench.clock.advance_seconds(3_600);
        let spoken = voice(&app, &caller, "A little better").await;
        app.delete(&caller, &format!("/api/v1/content/voice-journal/{}", spoken["id"].as_str().unwrap())).await;
        let feed = app.get(&caller, "/api/v1/content/feed").await.body;
        let shown = ids(&feed);
        assert_eq!(shown[..2], ["template:longest-exhale", "template:ask-someone"]);
        assert!(shown[2].starts_with("journal:") && !shown[3].starts_with("journal:"), "{shown:?}");
        let own = &feed["personalizedContent"][2];
        assert_eq!((&own["title"], &own["body"]), (&json!("You wrote on January 15, 2024"), &json!("A hard day")));
        assert_eq!((&own["kind"], &own["topics"], &own["createdAt"]), (&json!("journal"), &json!(["work"]), &json!("2024-01-15T10:00:00Z")));
        assert!(!feed.to_string().contains("stranger"), "{feed}");
        assert!(!shown.contains(&"template:first-page".to_owned()));
        bench.clock.advance_seconds(4 * 86_400);
        assert!(ids(&app.get(&caller, "/api/v1/content/feed").await.body).contains(&"template:welcome-back".to_owned()));
    }

    async fn it_speaks_the_callers_language(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        entry(&app, &caller, "Own words stay as they are").await;
        let feed = app.call(&caller, Method::GET, "/api/v1/content/feed").header("accept-language", "id").send().await;
        assert_eq!(feed.header("content-language"), "id-ID");
        let own = &feed.body["personalizedContent"][0];
        assert_eq!((&own["title"], &own["body"]), (&json!("Anda menulis pada 15 Januari 2024"), &json!("Own words stay as they are")));
        assert_eq!(own["reason"], "Dari jurnal Anda sendiri");
    }

    async fn templates_are_listed_in_both_languages(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let list = |query: &str, language: &str| {
            app.call(&caller, Method::GET, &format!("/api/v1/content/templates{query}")).header("accept-language", language).send()
        };
        let english = list("?limit=100", "en").await;
        assert_eq!(english.body["data"][0]["title"], "Your first page", "{english:?}");
        assert_eq!(list("", "id").await.body["data"][0]["title"], "Halaman pertama Anda");
        assert_eq!(english.body["pagination"]["total"], 15);
        let tips = list("?kind=tip&topic=habits", "en").await.body;
        assert_eq!((&tips["pagination"]["total"], &tips["data"][0]["id"]), (&json!(1), &json!("two-minute-start")));
        assert_eq!(list("?kind=poem", "en").await.bad_fields(), ["kind"]);
        assert_eq!(list("?orderBy=title", "en").await.bad_fields(), ["orderBy"]);
    }
}
